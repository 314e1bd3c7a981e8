"""What the QR code of a candidate's ticket says to a scanner, and how it is read again.

It says the number that is printed beside it and which session it is of; it opens nothing and names nobody.
"""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from assessments.osce.models import Candidate, Session

# A number as somebody types it, or all that a scanner reads: with the session's key behind it.
_WRITTEN = re.compile(r"(?:C-?)?0*(?P<number>\d{1,6})(?:\s+(?P<session>[0-9A-F-]{36}))?", re.IGNORECASE)


def said(candidate: Candidate, session: Session) -> str:
    # In capitals, for which a QR code has a shorter alphabet.
    return f"{candidate.code} {session.key}".upper()


def find(session: Session, written: str) -> Candidate:
    """Whose ticket it is, scanned or its number typed. Raises ValidationError."""
    found = _WRITTEN.fullmatch(written.strip())
    if found is None:
        raise ValidationError(_("Type a candidate's number, such as C-007, or scan a ticket."))
    if found["session"] and found["session"].lower() != str(session.key):
        raise ValidationError(_("This ticket is of another session."))
    candidate = session.candidates.select_related("person").filter(number=int(found["number"])).first()
    if candidate is None:
        raise ValidationError(
            _("No candidate of this session has the number %(number)s."), params={"number": found["number"]}
        )
    return candidate
