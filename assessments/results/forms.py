"""The forms of those who decide on results. What they read is kept by the verbs of moderating and releasing."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from assessments.activities.pages import PageForm, PageModelForm
from assessments.results import panels
from assessments.results.models import REASON_MAX, CandidateRuling, Moderation, PartRuling
from assessments.results.standing import PANELS


class RuleForm(PageModelForm):
    class Meta:
        model = Moderation
        fields = ["z", "least_parts", "threshold", "resolving"]


class PlanForm(PageForm):
    n = forms.IntegerField(
        label=_("Stations"),
        min_value=1,
        max_value=60,
        widget=forms.NumberInput(attrs={"type": "range", "min": 1, "max": 40}),
    )
    r = forms.IntegerField(
        label=_("Examiners at each"),
        min_value=1,
        max_value=4,
        widget=forms.NumberInput(attrs={"type": "range", "min": 1, "max": 4}),
    )

    def __init__(self, *args: Any, with_examiners: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        if not with_examiners:
            del self.fields["r"]


class TryForm(PageForm):
    """A rule to try out on the page that shows how the exam did."""

    z = forms.FloatField(label=_("Standard errors above the cut"), min_value=0, max_value=3)
    least = forms.IntegerField(
        label=_("Stations that have to be passed, at least"), min_value=0, max_value=100
    )
    without = forms.MultipleChoiceField(
        label=_("Without these stations"), required=False, widget=forms.CheckboxSelectMultiple
    )

    part = forms.ChoiceField(label=_("Another cut at"), required=False)
    cut = forms.FloatField(label=_("Its cut, in per cent"), required=False, min_value=0, max_value=100)

    def __init__(self, *args: Any, parts: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [(str(part.key), part.title) for part in parts]
        self.fields["without"].choices = choices  # type: ignore[attr-defined]
        self.fields["part"].choices = [("", _("no station")), *choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if {"part", "cut"} <= found.keys() and bool(found["part"]) != (found["cut"] is not None):
            self.add_error("cut", _("For another cut, choose a station and write the cut, in per cent."))
        return found


class ReasonForm(PageForm):
    reason = forms.CharField(
        label=_("Why"), max_length=REASON_MAX, widget=forms.Textarea(attrs={"rows": 3}), strip=True
    )


class ReadReasonForm(ReasonForm):
    """A reason that candidates get to read."""

    reason = forms.CharField(
        label=_("Why"),
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The candidate reads it with their result: name nobody."),
    )


class PartForm(PageModelForm):
    class Meta:
        model = PartRuling
        fields = ["method", "cut", "panel", "adjustment", "is_dropped", "reason"]
        widgets = {"panel": forms.Textarea(attrs={"rows": 6}), "reason": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "method": _(
                "Borderline regression: marks on global grades, read at the borderline grade. Borderline group: the mean mark of "
                "those with that grade. Contrasting groups: those above it against the rest. Cohen: 60 % of the mark of the best "
                "(95th percentile). Angoff, Ebel and Hofstee: from a panel. Fixed: a number that was agreed."
            ),
            "panel": _(
                "A line each, numbers with spaces between. Angoff: a judge, and for each item how many of 100 borderline "
                "candidates do it; a second round of the same judges stands below a line of dashes, and then counts. "
                "Ebel: a cell, how many items and per cent of them. Hofstee: a judge, lowest and highest cut, "
                "lowest and highest fail rate, in per cent; who fails is counted step by step, without interpolation."
            ),
            "reason": _("Every candidate reads it with their result: name nobody."),
        }

    def __init__(self, *args: Any, marks: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.marks = marks

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        method, cut = found.get("method"), found.get("cut")
        if method == PartRuling.Method.FIXED and "cut" not in self.errors:
            if cut is None:
                self.add_error("cut", _("Write the cut, in per cent."))
            elif not 0 <= cut <= 100:
                self.add_error(
                    "cut", _("A cut is in per cent, 0 to 100: above the most marks nobody could pass.")
                )
        if method in PANELS and "panel" not in self.errors:
            try:
                panels.cut(str(method), found.get("panel", ""), self.marks)
            except ValidationError as error:
                self.add_error("panel", error)
        return found


class MarkForm(ReadReasonForm):
    """What counts where two examiners were too far apart."""

    mark = forms.DecimalField(
        label=_("The mark that counts, in per cent"), min_value=0, max_value=100, decimal_places=3
    )
    field_order = ["mark", "reason"]


class CandidateForm(ReadReasonForm):
    verdict = forms.ChoiceField(
        label=_("The board decides"), choices=[("", _("choose")), *CandidateRuling.Verdict.choices]
    )
    field_order = ["verdict", "reason"]


class ReleaseForm(PageForm):
    at = forms.DateTimeField(
        label=_("At a time, instead of at once"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Empty: at once."),
    )
    with_parts = forms.BooleanField(
        label=_("A column for each station as well"),
        required=False,
        help_text=_("In per cent, beside the result. Each is a column of its own in the gradebook."),
    )
