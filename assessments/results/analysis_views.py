"""For those who look after an exam's quality: examiners, reliability, the years before, and the pack for the board."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assessments.measurement.differences import Difference
from assessments.measurement.generalizability import DStudy, GStudy
from assessments.measurement.undefined import Undefined
from assessments.results import board_pack, charts
from assessments.results.examiners import examiners
from assessments.results.finding import moderator
from assessments.results.forms import PlanForm
from assessments.results.reliability import LEAST_DOUBLY, reliability
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
def reliability_page(request: HttpRequest, key: UUID) -> HttpResponse:
    """Where marks vary, and what to expect of other numbers of stations and examiners. GET `n`, `r`."""
    _launch, activity, standing = moderator(request, key)
    found = reliability(standing)
    observed = max(len(standing.counted), 1)
    with_examiners = isinstance(found.examiners, GStudy)
    study = found.examiners if with_examiners else found.study
    asked = {"n": request.GET.get("n", str(observed)), "r": request.GET.get("r", "1")}
    form = PlanForm(asked, with_examiners=with_examiners)
    n, r = (form.cleaned_data["n"], form.cleaned_data.get("r", 1)) if form.is_valid() else (observed, 1)
    context = {"activity": activity, "found": found, "form": form, "n": n, "r": r, "observed": observed}
    context["least_doubly"] = LEAST_DOUBLY
    if isinstance(study, GStudy):

        def planned(stations: int, examiners: int = r) -> DStudy:
            return study.d_study(s=stations, **({"r": examiners} if with_examiners else {}))

        points = [(stations, planned(stations).dependability) for stations in range(2, 41)]
        known = [(stations, float(share)) for stations, share in points if not isinstance(share, Undefined)]
        total = sum(row.used for row in study.components.values())
        context |= {
            "study": study,
            "components": [
                (row, 100 * row.used / total if total else 0.0) for row in study.components.values()
            ],
            "planned": planned(n),
            "rows": [
                (stations, examiners, planned(stations, examiners))
                for stations in sorted({4, 8, 12, 16, 20, observed, n})
                for examiners in (sorted({1, 2, r}) if with_examiners else [1])
            ],
            "chart": charts.curve(
                known,
                words=_("Dependability by the number of stations; the table has the numbers."),
                axes=(_("stations"), _("dependability Φ")),
                at=n,
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
