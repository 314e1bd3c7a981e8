"""For those who look after an exam's quality: examiners, reliability, the years before, and the pack for the board."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assessments.measurement.differences import Difference
from assessments.measurement.generalizability import P_BY_S, g_study
from assessments.measurement.undefined import Undefined
from assessments.results import board_pack, charts
from assessments.results.examiners import examiners
from assessments.results.finding import moderator
from assessments.results.forms import PlanForm
from assessments.results.years import years
from lti_tool.port import launch_required


@require_safe
@launch_required
def examiners_page(request: HttpRequest, key: UUID) -> HttpResponse:
    """How examiners marked beside the others. A report: no mark changes by it."""
    _launch, activity, standing = moderator(request, key)
    found = examiners(standing.scores)
    told = [
        (row.name, row.difference.low, row.difference.value, row.difference.high)
        for row in found.rows
        if isinstance(row.difference, Difference)
    ]
    words = _(
        "How far each examiner's marks are from the others' at the same stations; the table has the numbers."
    )
    chart = charts.intervals(told, words=words, axis=_("per cent above or below the others")) if told else ""
    context = {"activity": activity, "found": found, "chart": chart}
    return render(request, "results/examiners.html", context)


@require_safe
@launch_required
def reliability(request: HttpRequest, key: UUID) -> HttpResponse:
    """Where marks vary, and what to expect of another number of stations. GET `n`."""
    _launch, activity, standing = moderator(request, key)
    study = g_study(P_BY_S, standing.marks[:, standing.counted])
    observed = max(len(standing.counted), 1)
    form = PlanForm({"n": request.GET.get("n", str(observed))})
    asked = form.cleaned_data["n"] if form.is_valid() else observed
    context = {"activity": activity, "study": study, "form": form, "n": asked, "observed": observed}
    if not isinstance(study, Undefined):
        points = [(n, study.d_study(s=n).dependability) for n in range(2, 41)]
        known = [(n, float(share)) for n, share in points if not isinstance(share, Undefined)]
        total = sum(row.used for row in study.components.values())
        context |= {
            "components": [
                (row, 100 * row.used / total if total else 0.0) for row in study.components.values()
            ],
            "planned": study.d_study(s=asked),
            "rows": [(n, study.d_study(s=n)) for n in sorted({4, 8, 12, 16, 20, observed, asked})],
            "chart": charts.curve(
                known,
                words=_("Dependability by the number of stations; the table has the numbers."),
                axes=(_("stations"), _("dependability Φ")),
                at=asked,
            ),
        }
    return render(request, "results/reliability.html", context, status=200 if form.is_valid() else 400)


@require_safe
@launch_required
def years_page(request: HttpRequest, key: UUID) -> HttpResponse:
    """This exam beside those that it was copied from, as far as the visitor teaches there."""
    launch, activity, _standing = moderator(request, key)
    return render(
        request, "results/years.html", {"activity": activity, "years": years(activity, launch.person)}
    )


@require_safe
@launch_required
def pack(request: HttpRequest, key: UUID) -> HttpResponse:
    """What the board reads, as one PDF."""
    _launch, activity, standing = moderator(request, key)
    headers = {"Content-Disposition": 'attachment; filename="board-pack.pdf"'}
    return HttpResponse(board_pack.pdf(activity, standing), content_type="application/pdf", headers=headers)
