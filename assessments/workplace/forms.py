"""What learners, assessors and teachers fill in; the verbs keep it."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.rubrics.models import Rubric
from assessments.workplace.models import SITUATION_MAX, Workplace

MOST_NAMES = 200


class PlainForm(forms.Form):
    """With the classes and ids that pages and their summaries of problems know."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"auto_id": "field-%s", **more})
        _dress(self)


class RequestForm(PlainForm):
    """`choices`: whom it is between, as groups of (key, name)."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    situation = forms.CharField(
        label=_("What was observed"),
        max_length=SITUATION_MAX,
        help_text=_(
            "In a few words, without anything that identifies a patient. “Chest pain on the acute ward”"
        ),
    )
    observed_on = forms.DateField(label=_("When"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **more: Any) -> None:
        now = {"key": uuid4(), "observed_on": timezone.localdate().isoformat()}
        super().__init__(*args, **{**more, "initial": now | more.get("initial", {})})


class AskForm(RequestForm):
    assessor = forms.CharField(label=_("Who was there"), required=False)
    name = forms.CharField(label=_("Or somebody else, by name"), max_length=200, required=False)


class ObserveForm(RequestForm):
    learner = forms.UUIDField(label=_("Learner"))


class NamesForm(PlainForm):
    names = forms.CharField(
        label=_("Names"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One on each line, as learners know them."),
        max_length=20_000,
    )

    def clean_names(self) -> list[str]:
        lines = [" ".join(line.split()) for line in self.cleaned_data["names"].splitlines()]
        names = [line for line in lines if line]
        if len(names) > MOST_NAMES:
            raise forms.ValidationError(
                _("At most %(most)d names at once, please.") % {"most": MOST_NAMES}, code="many"
            )
        return names


class RubricField(forms.ModelChoiceField):
    def label_from_instance(self, rubric: Any) -> str:
        return _("%(title)s, version %(version)d") % {"title": rubric.title, "version": rubric.version}


class SettingsForm(forms.ModelForm):
    rubric = RubricField(
        label=_("Form"),
        queryset=Rubric.objects.none(),
        to_field_name="key",
        empty_label=None,
        help_text=_("For requests that are begun from now on; the others keep theirs."),
    )

    class Meta:
        model = Workplace
        fields = ["days_to_ask", "days_to_answer", "wanted", "takes_anybody"]

    def __init__(self, data: QueryDict | None, *, instance: Workplace) -> None:
        activity = instance.activity
        initial = {"rubric": activity.rubric.key if activity.rubric else None}
        super().__init__(data, instance=instance, initial=initial, auto_id="field-%s")
        newest = Rubric.objects.filter(context=activity.context).newest_published()
        current = Rubric.objects.filter(activities=activity)
        self.fields["rubric"].queryset = newest | current  # type: ignore[attr-defined]
        _dress(self)


def read_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _dress(form: forms.BaseForm) -> None:
    for field in form.fields.values():
        if not isinstance(field.widget, forms.CheckboxInput):
            field.widget.attrs["class"] = "input"
