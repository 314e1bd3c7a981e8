"""The sentence an instructor reads about one grade: what happened, whether anything is lost, who does what."""

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from lti_tool.ags import Shown
from lti_tool.errors import Kind
from lti_tool.models import Registration, Score

# Said beside a conflict that came of our own post: the LMS took the grade and goes on showing another one.
HOLDS_ON = "accepted, but the LMS holds on to its own"


def sentence(score: Score, family: str, pause: str = "") -> str:
    """`pause` is the errors.Kind for which grades of the whole deployment rest; empty where they do not."""
    lms = {Registration.Family.CANVAS: "Canvas", Registration.Family.MOODLE: "Moodle"}.get(
        Registration.Family(family), _("Your LMS")
    )
    if pause and score.state == Score.State.WAITING and not score.reason:
        return _paused(lms)
    words = {
        Score.State.DELIVERED: _delivered,
        Score.State.CONFLICT: _conflict,
        Score.State.KEPT: _kept,
        Score.State.REFUSED: _refused,
        Score.State.WAITING: _waiting,
    }
    return words[Score.State(score.state)](score, lms)


def _paused(lms: str) -> str:
    return _(
        "Waiting: %(lms)s does not let Bellringer in at present. Nothing is lost; we try with one grade every hour, and "
        "all follow once it arrives. The LMS administrator can mend it: the tool's key or its permissions are off."
    ) % {"lms": lms}


def _delivered(score: Score, lms: str) -> str:
    if score.given is None:
        return _("Taken back: %(lms)s shows no grade.") % {"lms": lms}
    return _("Delivered. %(lms)s shows %(shows)s.") % {"lms": lms, "shows": score.lms_shows}


def _conflict(score: Score, lms: str) -> str:
    named = {"lms": lms, "shows": score.lms_shows, "ours": _ours(score)}
    if score.given is None and score.lms_shows:
        return (
            _(
                "%(lms)s shows %(shows)s, entered there. We left it as it is: only our own grade would be taken back. "
                "To remove it, clear the cell in %(lms)s."
            )
            % named
        )
    if score.lms_shows and score.platform_said == HOLDS_ON:
        return (
            _(
                "%(lms)s took Bellringer's %(ours)s and goes on showing %(shows)s, entered there: it keeps what was typed in "
                "its gradebook. The mark is kept here. Remove the override or the lock on that cell in %(lms)s, then press "
                "Send anyway; or keep theirs."
            )
            % named
        )
    if score.lms_shows:
        return (
            _(
                "%(lms)s shows %(shows)s, entered there. We left it as it is. "
                "Send anyway replaces it with Bellringer's %(ours)s; Keep theirs leaves it for good."
            )
            % named
        )
    if score.platform_said:
        return (
            _(
                "%(lms)s accepts the grade and goes on showing an empty cell. The mark is kept here. "
                "Remove the override or the lock on that cell in %(lms)s, then press Send anyway."
            )
            % named
        )
    return (
        _(
            "The grade was cleared in %(lms)s. We left it empty. "
            "Send anyway fills it with Bellringer's %(ours)s; Keep theirs leaves it empty for good."
        )
        % named
    )


def _kept(score: Score, lms: str) -> str:
    named = {"lms": lms, "shows": score.lms_shows, "ours": _ours(score)}
    if score.lms_shows:
        return (
            _(
                "%(lms)s keeps its own grade (%(shows)s when it was decided). Bellringer's %(ours)s is kept here and not sent, "
                "nor are later corrections, until you press Send anyway."
            )
            % named
        )
    return (
        _(
            "%(lms)s keeps an empty cell. Bellringer's %(ours)s is kept here and not sent, nor are later corrections, "
            "until you press Send anyway."
        )
        % named
    )


def _ours(score: Score) -> str:
    return _("no grade") if score.given is None else str(Shown(score.given, score.maximum))


def _refused(score: Score, lms: str) -> str:
    reasons = {
        Kind.GONE_USER: _(
            "%(lms)s did not accept this grade because this person is not a student in the course there. "
            "The mark is kept here. If they should be, ask the course's teacher to enrol them, then press Send again."
        ),
        Kind.GONE_COURSE: _(
            "%(lms)s did not accept this grade because the course has ended there. The mark is kept here. "
            "The course's teacher or the LMS administrator can reopen it; then press Send again."
        ),
        Kind.GONE_ITEM: _(
            "%(lms)s no longer has the gradebook column for this activity. The mark is kept here. "
            "Open the activity once from the course, then press Send again to make the column anew."
        ),
        Kind.NO_SERVICE: _(
            "%(lms)s has not given Bellringer leave to send grades for this activity and to read them back. "
            "The mark is kept here. "
            "The LMS administrator can allow it in the tool's settings; then open the activity once and press Send again."
        ),
        Kind.BUG: _(
            "%(lms)s did not understand our message (%(said)s). The mark is kept here. "
            "This is ours to mend: please tell whoever looks after Bellringer."
        ),
    }
    text = reasons.get(Kind(score.reason), reasons[Kind.BUG])
    return text % {"lms": lms, "said": score.platform_said}


def _waiting(score: Score, lms: str) -> str:
    if not score.reason:
        return _("Waiting to be sent.")
    reasons = {
        Kind.NEEDS_TEACHER: _(
            "%(lms)s did not accept this grade yet (%(said)s). Nothing is lost; we try again every hour. "
            "Publish the assignment in the course, then press Send again."
        ),
        Kind.NEEDS_ADMIN: _(
            "%(lms)s did not let Bellringer in (%(said)s). Nothing is lost; we try again every hour. "
            "The LMS administrator can mend it: the tool's key or its permissions are off."
        ),
        Kind.TOKEN: _(
            "%(lms)s did not let Bellringer in (%(said)s). Nothing is lost; we try again every hour. "
            "The LMS administrator can mend it: the tool's key or its permissions are off."
        ),
        Kind.RATE: _("%(lms)s asked us to slow down. Nothing is lost; we go on %(when)s."),
        Kind.SUPERSEDED: _(
            "%(lms)s holds a newer time for this grade than its own clock should allow. Nothing is lost; "
            "we try again %(when)s."
        ),
        Kind.TRANSIENT: _(
            "%(lms)s could not take this grade just now (%(said)s). Nothing is lost; we try again %(when)s. "
            "If it stays so, check that the gradebook column is not locked."
        ),
    }
    text = reasons.get(Kind(score.reason), reasons[Kind.TRANSIENT])
    return text % {"lms": lms, "said": score.platform_said, "when": _when(score)}


def _when(score: Score) -> str:
    seconds = (score.not_before - timezone.now()).total_seconds()
    if seconds < 90:
        return _("in a moment")
    return _("at %(time)s") % {"time": formats.time_format(timezone.localtime(score.not_before))}
