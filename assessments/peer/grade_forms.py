"""What teachers type about grades. What becomes of it is decided by the verbs of grading and releasing."""

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.activities.pages import PageForm
from assessments.peer.models import REASON_MAX, GradeOverride


class OverrideForm(PageForm):
    part = forms.ChoiceField(choices=GradeOverride.Part.choices)
    per_cent = forms.DecimalField(
        min_value=0, max_value=100, max_digits=6, decimal_places=3, required=False, localize=True
    )
    reason = forms.CharField(max_length=REASON_MAX, required=False)


class MarkForm(PageForm):
    """A team's mark; empty for none."""

    mark = forms.DecimalField(max_digits=5, decimal_places=2, required=False, localize=True)


class AtForm(PageForm):
    at = forms.DateTimeField(
        label=_("At a time, instead of at once"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Empty: at once."),
    )
