"""How a round is set up, by hand or as a Moodle Workshop was."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assessments.activities.pages import posted, problems_of, see
from assessments.peer import bringing, expecting, setting, uploads
from assessments.peer.finding import visitor
from assessments.peer.forms import SettingsForm
from assessments.peer.models import PeerActivity
from assessments.peer.permissions import can_set_up
from assessments.peer.workshop_import import reading
from assessments.peer.workshop_import.workshops import MB, ImportProblem, Limits
from lti_tool.port import Launch, launch_required

BACKUP_MOST = 20 * MB
# So many workshops of one course are shown.
MOST_SHOWN = 20


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def settings(http: HttpRequest, key: UUID) -> HttpResponse:
    launch, peer = _setter(http, key)
    form = SettingsForm(posted(http), instance=peer)
    if form.is_bound and form.is_valid():
        try:
            setting.change(peer=form.instance, rubric=form.cleaned_data["rubric"], by=launch.person)
        except ValidationError as error:
            form.add_problems(error)
        else:
            # Where something else is looked at now, the page asks what belongs to that.
            goes_on = "mode" in form.changed_data
            return see("peer:settings" if goes_on else "peer:home", key, done="saved")
    context = {
        "activity": peer.activity,
        "peer": peer,
        "form": form,
        "is_locked": setting.is_locked(peer),
        "experience": expecting.experience(peer),
    }
    return render(http, "peer/settings.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@launch_required
def workshop(http: HttpRequest, key: UUID) -> HttpResponse:
    """A backup is chosen, then what is in it is shown; nothing is kept before that is confirmed."""
    launch, peer = _setter(http, key)
    if http.method != "POST":
        return _workshop_page(http, peer)
    try:
        # First of all: it says how large a file may be.
        file = uploads.file_of(http, most=BACKUP_MOST)
        if "brought" in http.POST:
            brought = bringing.unseal(http.POST["brought"], peer)
            bringing.bring(peer=peer, brought=brought, by=launch.person)
            return see("peer:settings", key, done="brought")
        if file is None:
            raise ValidationError({"file": _("Choose a backup first.")})
        found = reading.read(file[0], Limits(packed=BACKUP_MOST))
    except ImportProblem as problem:
        return _workshop_page(http, peer, {"file": [problem.sentence]})
    except RequestDataTooBig:
        return _workshop_page(
            http, peer, {"": [_("This workshop is too large to be brought. Nothing was kept.")]}
        )
    except ValidationError as error:
        return _workshop_page(http, _fresh(launch, peer), problems_of(error))
    return _preview(http, peer, found)


def _setter(http: HttpRequest, key: UUID) -> tuple[Launch, PeerActivity]:
    launch, peer = visitor(http, key)
    if not can_set_up(launch):
        raise PermissionDenied(_("A round is set up by the course's teachers and designers."))
    return launch, peer


def _fresh(launch: Launch, peer: PeerActivity) -> PeerActivity:
    """As it is kept: what was refused may still be on the row in hand."""
    found = PeerActivity.objects.whole().get(pk=peer.pk)
    found.activity.resource_link = launch.resource_link
    return found


def _workshop_page(
    http: HttpRequest, peer: PeerActivity, problems: dict[str, list[str]] | None = None
) -> HttpResponse:
    context = {"activity": peer.activity, "peer": peer, "problems": problems or {}}
    return render(http, "peer/workshop.html", context, status=400 if problems else 200)


def _preview(http: HttpRequest, peer: PeerActivity, found: Any) -> HttpResponse:
    workshops = []
    for row in found[:MOST_SHOWN]:
        brought, left = bringing.read(row)
        workshops.append(
            {
                "brought": brought,
                "dates": {name: datetime.fromisoformat(at) for name, at in brought["dates"].items()},
                "left": left,
                "sealed": bringing.seal(brought, peer),
            }
        )
    more = max(0, len(found) - MOST_SHOWN)
    context = {"activity": peer.activity, "peer": peer, "workshops": workshops, "more": more}
    return render(http, "peer/workshop_preview.html", context)
