"""The forms of planning. What they read is kept by the verbs of planning and staffing."""

import re
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.activities.pages import PageModelForm
from assessments.osce.models import Exam, Session, Station
from assessments.rubrics.models import Rubric

LONGEST = timedelta(days=31)
_TIME = re.compile(r"(\d{1,3})(?::([0-5]?\d))?")


class MinutesField(forms.Field):
    """Minutes, or minutes and seconds with a colon, kept as seconds."""

    default_error_messages = {"invalid": _("Write minutes, like 8, or minutes and seconds, like 1:30.")}

    def __init__(self, *, min_value: int = 0, max_value: int | None = None, **more: Any) -> None:
        super().__init__(**more)  # three digits of minutes are always within both

    def prepare_value(self, value: Any) -> Any:
        return f"{value // 60}:{value % 60:02}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        found = _TIME.fullmatch(str(value or "").strip())
        if not found:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return int(found[1]) * 60 + int(found[2] or 0)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial) != data


class TimingForm(PageModelForm):
    class Meta:
        model = Exam
        fields = [
            "reading",
            "running",
            "warning",
            "change_over",
            "turnover",
            "long_break_after",
            "long_break",
            "lunch_after",
            "lunch",
            "extra_time_in",
            "may_add_rounds",
        ]
        field_classes = dict.fromkeys(
            [
                "reading",
                "running",
                "warning",
                "change_over",
                "turnover",
                "long_break_after",
                "long_break",
                "lunch_after",
                "lunch",
            ],
            MinutesField,
        )
        widgets = dict.fromkeys(field_classes, forms.TextInput)
        help_texts = {
            "reading": _("Before the door, to read the task."),
            "running": _("From entering to “Move on please”."),
            "warning": _("Rung that long before the end; 0 for none."),
            "change_over": _("Examiners finish the sheet, candidates walk on."),
        }


class StationForm(PageModelForm):
    class Meta:
        model = Station
        fields = [
            "title",
            "kind",
            "rubric",
            "patient_rubric",
            "rounds",
            "is_linked",
            "is_pilot",
            "is_must_pass",
            "asks_candidate",
            "weight",
            "candidate_instructions",
            "examiner_instructions",
            "patient_script",
            "equipment",
        ]
        labels = {"rubric": _("rubric"), "patient_rubric": _("short rubric for the simulated patient")}
        help_texts = {
            "rubric": _("It can be chosen later; a session is published once every station has one."),
            "rounds": _("2 for a station of double length; it needs two rooms in each circuit."),
            "weight": _("Of the station in the result. Examiners never see it."),
            "patient_rubric": _(
                "Three to five ratings are enough. Left empty, the simulated patient marks nothing."
            ),
            "candidate_instructions": _("The note at the door."),
        }
        widgets = {
            name: forms.Textarea(attrs={"rows": 4})
            for name in ("candidate_instructions", "examiner_instructions", "patient_script", "equipment")
        }

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        course = Rubric.objects.filter(context=self.instance.context_id)
        now = Rubric.objects.filter(pk__in=[self.instance.rubric_id, self.instance.patient_rubric_id])
        for name in ("rubric", "patient_rubric"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = course.newest_published() | now
            field.empty_label = "–"


class SessionForm(PageModelForm):
    class Meta:
        model = Session
        fields = ["title", "starts_at", "most_rotations"]
        widgets = {
            "starts_at": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        }
        help_texts = {"most_rotations": _("As few as possible are used.")}

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        zone = timezone.get_current_timezone_name()
        self.fields["starts_at"].help_text = _("In the time zone %(zone)s.") % {"zone": zone}


class ValidityForm(forms.Form):
    """Until when a session's links open, at most a month from now."""

    until = forms.DateTimeField(
        label=_("Valid until"),
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": "input"}, format="%Y-%m-%dT%H:%M"
        ),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"auto_id": "field-%s", **more})
        zone = timezone.get_current_timezone_name()
        self.fields["until"].help_text = _("In the time zone %(zone)s.") % {"zone": zone}

    def clean_until(self) -> datetime:
        until: datetime = self.cleaned_data["until"]
        if until <= timezone.now():
            raise forms.ValidationError(
                _("Choose a time that is still to come. To end a link now, withdraw it.")
            )
        if until > timezone.now() + LONGEST:
            raise forms.ValidationError(_("A link opens for at most a month. Choose an earlier time."))
        return until
