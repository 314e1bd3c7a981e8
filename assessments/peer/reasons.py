"""Why somebody did something, as they typed it: kept whole, or refused."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from assessments.marking.comments import read_comment
from assessments.peer.models import REASON_MAX


def read(typed: str, *, field: str = "reason") -> str:
    """As it will be kept, perhaps empty. Raises ValidationError for `field` where it is too long."""
    text = read_comment(typed)
    if len(text) > REASON_MAX:
        raise ValidationError(
            {field: _("At most %(most)d characters, please. Nothing was changed.") % {"most": REASON_MAX}}
        )
    return text
