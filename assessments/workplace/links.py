"""The link of a request, and what opens with it on whatever phone it is scanned with.

A link carries its request's key, signed. What opens ends soon, and with the sheet: the phone may be the learner's.
"""

from datetime import timedelta
from uuid import UUID

import segno
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from assessments.audit.recording import record
from assessments.workplace import asking
from assessments.workplace.models import AssessmentRequest
from lti_tool.port import Launch, open_guest_visit

# A form of two minutes, begun on somebody else's phone: after this the PIN is asked for again.
VISIT = timedelta(minutes=30)
_SALT = "workplace.request"


def address(request: AssessmentRequest) -> str:
    """The secret is behind the #, which browsers send nowhere: no log and no Referer has it."""
    return f"{settings.TOOL_URL}{reverse('workplace:door')}#{secret(request)}"


def secret(request: AssessmentRequest) -> str:
    return signing.Signer(salt=_SALT).sign(request.key.hex)


def picture(request: AssessmentRequest) -> str:
    """The QR code as the source of an <img>. White around it, whatever the scheme of the page."""
    code = segno.make_qr(address(request), error="m")
    return str(code.svg_data_uri(dark="#000", light="#fff", border=4, omitsize=True))


def find(secret: str) -> AssessmentRequest | None:
    """The request whose link carries this, in whatever state; None where it was never one of ours."""
    try:
        key = UUID(signing.Signer(salt=_SALT).unsign(secret))
    except (signing.BadSignature, ValueError):
        return None
    rows = AssessmentRequest.objects.whole().filter(workplace__activity__resource_link__isnull=False)
    return rows.filter(key=key).first()


@transaction.atomic
def open_visit(*, request: AssessmentRequest) -> Launch:
    """Let the assessor in, to the sheet, which begins now unless it has. Raises ValidationError when the request is over."""
    person = request.assessor.person
    asking.begin(request=request, by=person)
    until = timezone.now() + VISIT
    visit = open_guest_visit(person, request.workplace.activity.link, door=request.key, until=until)
    record("assessment.opened_by_link", by=person, on=request)
    return visit
