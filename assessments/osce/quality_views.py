"""How the exam did: stations, reliability, and who would pass. Looks only; nothing is stored or released here."""

from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from assessments.osce.finding import runner
from assessments.osce.quality import quality
from assessments.osce.scores import read
from lti_tool.port import launch_required


class RuleForm(forms.Form):
    """What to try out."""

    z = forms.FloatField(
        label=_("Standard errors above the cut"),
        min_value=0,
        max_value=3,
        initial=1,
        help_text=_("1 is common: fewer pass by luck, more fail by bad luck."),
    )
    least = forms.IntegerField(
        label=_("Stations that have to be passed, at least"), min_value=0, max_value=100, initial=0
    )

    def __init__(self, data: object) -> None:
        super().__init__(data, auto_id="field-%s")  # type: ignore[arg-type]
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"


@require_safe
@launch_required
def page(request: HttpRequest, key: UUID) -> HttpResponse:
    """GET `z`, `least`: the rule to try out; without them one standard error and no number of stations."""
    _launch, exam = runner(request, key)
    form = RuleForm({"z": request.GET.get("z", "1"), "least": request.GET.get("least", "0")})
    z, least = (form.cleaned_data["z"], form.cleaned_data["least"]) if form.is_valid() else (1.0, 0)
    found = quality(read(exam), z=z, least_stations=least)
    context = {
        "exam": exam,
        "form": form,
        "found": found,
        "scores": found.scores,
        "gaps": found.gaps,
        "cautions": found.cautions,
    }
    return render(request, "osce/quality.html", context, status=200 if form.is_valid() else 400)
