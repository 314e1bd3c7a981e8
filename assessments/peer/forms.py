"""What those who set a round up and look after it fill in; the verbs keep it."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from assessments.activities.pages import PageForm, PageModelForm
from assessments.peer import setting
from assessments.peer.calling import Names
from assessments.peer.models import PairRule, Participant, PeerActivity
from assessments.peer.words import formats
from assessments.rubrics.models import Rubric
from lti_tool.port import Role, members

Mode = PeerActivity.Mode
Anonymity = PeerActivity.Anonymity
LINES_MAX = 200_000

DATES = ["submit_until", "self_until", "review_until", "respond_until", "act_until"]
# How the page is divided: a key, its heading, its fields.
PARTS: list[tuple[str, Any, list[str]]] = [
    ("what", _("What it is about"), ["mode", "rubric"]),
    (
        "phases",
        _("Phases and dates"),
        ["self_assesses", "responds", "plans_actions", *DATES, "switches_itself"],
    ),
    ("names", _("Names"), ["anonymity"]),
    (
        "work",
        _("Handing in"),
        [
            "instructions",
            "takes_text",
            "takes_files",
            "takes_link",
            "takes_late",
            "is_group_work",
            "groups_review",
        ],
    ),
    (
        "reviewing",
        _("Reviewing, and who reviews whom"),
        [
            "reviews_each",
            "least_reviews",
            "least_sources",
            "allocating",
            "lease_hours",
            "grouping",
            "forbids_pairs",
            "mixes_strata",
        ],
    ),
    ("format", _("Words of feedback"), ["format"]),
    ("release", _("Reading feedback, and concerns"), ["releasing", "lead"]),
    (
        "grades",
        _("Grades"),
        [
            "counts",
            "scoring",
            "staff_weight",
            "completion_share",
            "contribution_weight",
            "spread_limit",
            "pass_mark",
        ],
    ),
]
_OF_WORK = {
    "submit_until",
    "instructions",
    "takes_text",
    "takes_files",
    "takes_link",
    "takes_late",
    "is_group_work",
    "groups_review",
}
_OF_ALLOTTING = {
    "reviews_each",
    "least_reviews",
    "allocating",
    "lease_hours",
    "grouping",
    "forbids_pairs",
    "mixes_strata",
}
# What means nothing where this is looked at.
NOT_FOR = {
    Mode.WORK: {"least_sources", "contribution_weight"},
    Mode.PERFORMANCE: _OF_WORK | {"least_sources", "contribution_weight"},
    Mode.TEAM: _OF_WORK
    | _OF_ALLOTTING
    | {"anonymity", "responds", "plans_actions", "respond_until", "act_until", "least_sources", "releasing"}
    | {"scoring", "staff_weight", "spread_limit", "pass_mark"},
    Mode.MULTI_SOURCE: _OF_WORK
    | {"anonymity", "least_reviews", "releasing", "contribution_weight"}
    | set(setting.GRADES),
}
# What is so by itself where this is looked at, by the part of the page that it is about.
NOTES = {
    (Mode.PERFORMANCE, "work"): _("Nothing is handed in: reviewers write about what they saw."),
    (Mode.TEAM, "names"): _(
        "Team members know each other. Who said what is read by teachers alone, after they said why."
    ),
    (Mode.TEAM, "work"): _("Nothing is handed in: everybody looks at the others of their team."),
    (Mode.TEAM, "reviewing"): _("Everybody reviews each other member of their team, so nothing is drawn."),
    (Mode.TEAM, "release"): _("What teams say is confidential: it is not shown to those it is about."),
    (Mode.MULTI_SOURCE, "names"): _("Who answered is never shown to whom it is about."),
    (Mode.MULTI_SOURCE, "work"): _("Nothing is handed in: people themselves are looked at."),
    (Mode.MULTI_SOURCE, "release"): _(
        "All is shown together, when reviewing is over and enough people have answered."
    ),
    (Mode.MULTI_SOURCE, "grades"): _("Multi-source feedback is for learning; it is never a grade."),
}


def when() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class RubricField(forms.ModelChoiceField):
    def label_from_instance(self, rubric: Any) -> str:
        return _now("%(title)s, version %(version)d") % {"title": rubric.title, "version": rubric.version}


class SettingsForm(PageModelForm):
    """Without the fields that mean nothing for what is looked at, and with those locked that people rely on."""

    rubric = RubricField(
        label=_("Form"), queryset=Rubric.objects.none(), to_field_name="key", empty_label=None
    )
    format = forms.ChoiceField(
        label=_("How the words are asked for"),
        choices=[(form.key, form.name) for form in formats.FORMATS],
        widget=forms.RadioSelect,
    )

    class Meta:
        model = PeerActivity
        fields = [name for _key, _heading, names in PARTS for name in names if name != "rubric"]
        widgets = {name: when() for name in DATES}
        labels = {
            "takes_text": _("text can be handed in"),
            "takes_files": _("files can be handed in"),
            "takes_link": _("a link to a film can be handed in"),
        }
        help_texts = {
            "mode": _("After another choice, save: the page then asks what belongs to it."),
            "switches_itself": _("Else somebody presses a button for each phase."),
            "anonymity": _("Locked once somebody has handed in or was given a review."),
            "takes_late": _("Until reviewing is over; it says that it was late."),
            "is_group_work": _("Groups come from the LMS, or are put together under “people”."),
            "allocating": _("One by one suits rounds in which people come at different times."),
            "lease_hours": _("Where each takes the next work: then it is free for somebody else."),
            "mixes_strata": _("Professions or sites are written beside each person under “people”."),
            "releasing": _("With an own assessment, an author reads nothing before it is handed in."),
            "lead": _(
                "Reads concerns about professional conduct, and nobody else does; they are never a grade."
            ),
            "counts": _(
                "Switched on, each person has two grades in the gradebook, for the work and for the reviewing, "
                "once you release them. Switched off, all of it is for learning alone."
            ),
            "spread_limit": _("Where reviews differ by more (one standard deviation), the grade is flagged."),
            "pass_mark": _("Grades too near to it to be sure are flagged. Empty for none."),
            "contribution_weight": _("The rest of the team's mark is the same for all its members."),
            "completion_share": _("The rest is how useful the authors and you found the reviews."),
        }

    def __init__(self, data: QueryDict | None, *, instance: PeerActivity) -> None:
        activity, lead = instance.activity, instance.lead
        initial = {
            "rubric": activity.rubric.key if activity.rubric else None,
            "lead": lead.key if lead else None,
        }
        super().__init__(data, instance=instance, initial=initial)
        self.mode = Mode(instance.mode)
        for name in NOT_FOR[self.mode]:
            del self.fields[name]
        self._offer_rubrics(activity)
        self._offer_leads(activity)
        self._offer_names(instance)
        self._lock(instance)
        del self.fields["format"].widget.attrs["class"]

    def _offer_rubrics(self, activity: Any) -> None:
        newest = Rubric.objects.filter(context=activity.context).newest_published()
        current = Rubric.objects.filter(activities=activity)
        self.fields["rubric"].queryset = newest | current  # type: ignore[attr-defined]

    def _offer_leads(self, activity: Any) -> None:
        teachers = [row.person for row in members(activity.context, Role.INSTRUCTOR) if row.is_active]
        field: Any = self.fields["lead"]
        field.label, field.required = _("Lead for professional conduct"), False
        field.to_field_name = "key"
        field.queryset = field.queryset.filter(pk__in=[person.pk for person in teachers])
        field.empty_label = _now("any teacher of the course")
        field.label_from_instance = lambda person: person.display_name

    def _offer_names(self, peer: PeerActivity) -> None:
        """Who reviews what they saw knows whom they saw, so two of the four say the same as the others."""
        if peer.mode != Mode.PERFORMANCE or setting.is_locked(peer):
            return
        field: Any = self.fields["anonymity"]
        field.choices = [(value.value, value.label) for value in (Anonymity.NAMED, Anonymity.REVIEWER_BLIND)]
        self.initial["anonymity"] = (
            Anonymity.REVIEWER_BLIND if peer.hides_reviewers else Anonymity.NAMED
        ).value

    def _lock(self, peer: PeerActivity) -> None:
        if setting.is_locked(peer):
            reason = _now(
                "Somebody has handed in or was given a review, so this stays as everybody was told."
            )
            self._close(setting.LOCKED_WITH_THE_FIRST, reason)
        if setting.has_reviews(peer):
            reason = _now("Reviewing has begun with it, so it stays: reviews can be compared.")
            self._close(["rubric", "format"], reason)

    def _close(self, names: Iterable[str], reason: str) -> None:
        for name in names:
            if name in self.fields:
                self.fields[name].disabled, self.fields[name].help_text = True, reason

    def parts(self) -> Iterator[tuple[str, Any, list[Any], Any]]:
        """Of each part its key, its heading, its fields, and what is so by itself."""
        for key, heading, names in PARTS:
            fields = [self[name] for name in names if name in self.fields]
            yield key, heading, fields, NOTES.get((self.mode, key), "")

    def ways(self) -> Iterator[tuple[Any, formats.Format]]:
        """How words can be asked for: each choice with what it suits."""
        return zip(self["format"].subwidgets, formats.FORMATS, strict=True)

    @property
    def zone(self) -> str:
        return timezone.get_current_timezone_name()

    def add_problems(self, error: ValidationError) -> None:
        """From the verb; what is about a field that is not on the page stands above it."""
        found = error.error_dict if hasattr(error, "error_dict") else {None: error.error_list}
        for name, errors in found.items():
            self.add_error(name if name in self.fields else None, errors)


class PlaceForm(PageForm):
    """What one person does in the round, and with whom."""

    hands_in = forms.BooleanField(label=_("hands in, or is looked at"), required=False)
    reviews = forms.BooleanField(label=_("reviews others"), required=False)
    group = forms.CharField(
        label=_("Group"), required=False, max_length=200, help_text=_("A new name makes a new group.")
    )
    stratum = forms.CharField(label=_("Profession or site"), required=False, max_length=100)


class TimeForm(PageForm):
    submit_until = forms.DateTimeField(label=_("Hand in until"), required=False, widget=when())
    review_until = forms.DateTimeField(label=_("Review until"), required=False, widget=when())


class PairForm(PageForm):
    reviewer = forms.CharField(label=_("Who reviews"))
    kind = forms.ChoiceField(label=_("Must, or must not"), choices=PairRule.Kind.choices)
    author = forms.CharField(label=_("Whose work"))

    def __init__(self, *args: Any, names: Names, **more: Any) -> None:
        super().__init__(*args, **more)
        self.names = names
        for name in ("reviewer", "author"):
            self.fields[name].widget.attrs |= {"list": "names", "autocomplete": "off"}

    def clean_reviewer(self) -> Participant:
        return self._find("reviewer")

    def clean_author(self) -> Participant:
        return self._find("author")

    def _find(self, field: str) -> Participant:
        return self.names.find(self.cleaned_data[field])


class GroupsForm(PageForm):
    """Lines of “name; group”, also as pasted from a spreadsheet."""

    lines = forms.CharField(
        label=_("Name; group"),
        max_length=LINES_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One person on each line. Without a group behind the semicolon they are in none."),
    )

    def __init__(self, *args: Any, names: Names, **more: Any) -> None:
        super().__init__(*args, **more)
        self.names = names

    def clean_lines(self) -> dict[int, str]:
        found: dict[int, str] = {}
        problems = []
        for number, line in enumerate(self.cleaned_data["lines"].splitlines(), start=1):
            if not line.strip():
                continue
            name, separator, group = line.replace("\t", ";").partition(";")
            try:
                if not separator:
                    raise ValidationError(_now("Write a semicolon between name and group."))
                found[self.names.find(name).pk] = group
            except ValidationError as error:
                problems.append(f"{_now('Line')} {number}: {error.messages[0]}")
        if problems:
            raise ValidationError([*problems[:10], _now("Nothing was changed.")])
        return found
