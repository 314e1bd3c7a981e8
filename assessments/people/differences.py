"""Where the course list, the launches and the gradebook disagree about somebody, and what to do about it, in words.

Takes and gives plain values; asks nobody.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lti_tool.port import Delivery, Member, Role

TEACHING = {Role.INSTRUCTOR, Role.TEACHING_ASSISTANT, Role.DESIGNER}

# In the order in which they are offered.
KINDS: dict[str, Promise] = {
    "refused": gettext_lazy("grade not taken by the gradebook"),
    "left": gettext_lazy("no longer on the course list"),
    "inactive": gettext_lazy("switched off in the LMS"),
    "not_listed": gettext_lazy("opened the activity, not on the course list"),
    "teaches": gettext_lazy("listed as a student, opened as a teacher"),
    "preview": gettext_lazy("teacher who looked as a student"),
    "both": gettext_lazy("teaches and learns here"),
    "twice": gettext_lazy("perhaps one person twice"),
    "marked": gettext_lazy("marked, but no candidate"),
    "decided": gettext_lazy("decided by a teacher"),
    "test": gettext_lazy("test student"),
    "never": gettext_lazy("has not opened the activity yet"),
}


@dataclass(frozen=True)
class Difference:
    """`sentence` says what is so, `to_do` what somebody can do; both may be empty where the columns say it already."""

    kind: str
    sentence: str = ""
    to_do: str = ""


def of(
    member: Member, *, list_was_read: bool, is_marked: bool, delivery: Delivery | None, is_twice: bool
) -> list[Difference]:
    """Everything that is odd about one person, the most pressing first."""
    found = [
        *_gradebook(delivery),
        *_listing(member, list_was_read),
        *_role(member),
        *([_twice()] if is_twice else []),
        *_counting(member, is_marked),
    ]
    if member.is_test_student:
        found.append(
            Difference("test", _("Not a real person. Never counted, and never given anybody to review."))
        )
    if member.is_learner and member.is_active and not member.is_test_student and not member.launched_at:
        found.append(Difference("never"))
    return found


def _gradebook(delivery: Delivery | None) -> list[Difference]:
    """The delivery has its own words, which stand in the gradebook's column."""
    is_refused = delivery is not None and delivery.state in ("refused", "conflict")
    return [Difference("refused")] if is_refused else []


def _listing(member: Member, list_was_read: bool) -> list[Difference]:
    if member.left_at:
        return [
            Difference(
                "left",
                _("The LMS no longer lists this person: they left the course, or were suspended."),
                _("Nothing to do: marks are kept, and they are back here as soon as the LMS lists them."),
            )
        ]
    if not member.is_active:
        return [
            Difference(
                "inactive",
                _("The LMS lists this person as not active."),
                _("Nothing to do here; their enrolment is switched on in the LMS."),
            )
        ]
    if list_was_read and member.listed_at is None and member.launched_at:
        to_do = _(
            "If they should be a student, ask for their enrolment in the LMS, then read the list again."
        )
        if member.role in TEACHING:
            to_do = _("Nothing to do: some LMSs do not list managers and administrators.")
        return [Difference("not_listed", _("Opened the activity, but is not on the course list."), to_do)]
    return []


def _role(member: Member) -> list[Difference]:
    if member.is_preview:
        return [
            Difference(
                "preview",
                _("Teaches here, and last looked at the activity as a student would see it."),
                _("Nothing to do: they stay a teacher, and no candidate."),
            )
        ]
    if member.listed_role == Role.LEARNER and member.launched_role in TEACHING:
        return [
            Difference(
                "teaches",
                _("The course list says student, but the LMS opened the activity for them as a teacher."),
                _("They are taken for a teacher. If they are a candidate as well, count them as one."),
            )
        ]
    learns_too = member.role in TEACHING and member.is_learner
    return (
        [Difference("both", _("Teaches and is a candidate here. Nobody marks themselves."))]
        if learns_too
        else []
    )


def _twice() -> Difference:
    return Difference(
        "twice",
        _("Somebody else here has the same e-mail address, or left with the same name: perhaps one person with two accounts."),
        _("Marks stay with the account they were given to. If it is one person, count only the account the LMS still lists."),
    )  # fmt: skip


def _counting(member: Member, is_marked: bool) -> list[Difference]:
    found = []
    if member.counts is not None:
        said = (
            _("A teacher decided: counts as a candidate.")
            if member.counts
            else _("A teacher decided: no candidate.")
        )
        found.append(Difference("decided", said))
    if is_marked and not member.is_learner:
        found.append(
            Difference(
                "marked",
                _("Has been marked, but is no candidate of this course."),
                _("The marks are kept. Count them as a candidate if they should appear with the others."),
            )
        )
    return found


def twice(members: Iterable[Member]) -> set[int]:
    """Ids of people who may be another one of these: the same e-mail address, or the same name as one who has left."""
    real = [member for member in members if not member.is_test_student]
    by_address = _groups((member.person.pk, member.person.email) for member in real)
    by_name = _groups((member.person.pk, member.person.name) for member in real)
    gone = {member.person.pk for member in real if member.left_at}
    renewed = [ids for ids in by_name if ids & gone and ids - gone]
    return set().union(*by_address, *renewed)


def _groups(named: Iterable[tuple[int, str]]) -> list[set[int]]:
    groups: dict[str, set[int]] = {}
    for number, text in named:
        if text.strip():
            groups.setdefault(text.strip().casefold(), set()).add(number)
    return [ids for ids in groups.values() if len(ids) > 1]


def counted(differences: Mapping[int, Iterable[Difference]]) -> list[tuple[str, Promise, int]]:
    """(kind, words, how many people) for each kind that there is, in the order of KINDS."""
    numbers = Counter(found.kind for row in differences.values() for found in row)
    return [(kind, words, numbers[kind]) for kind, words in KINDS.items() if numbers[kind]]
