from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _

COMMENT_MAX = 20_000


def read_comment(typed: str) -> str:
    """The comment as it will be kept: whole, or refused with the counts. Nothing is ever cut off silently."""
    # NUL and lone surrogates come from broken keyboards and clipboards; no database keeps them.
    text = typed.replace("\r\n", "\n").replace("\x00", "").encode("utf-8", "replace").decode().strip()
    if len(text) > COMMENT_MAX:
        counts = {
            "length": number_format(len(text), force_grouping=True),
            "most": number_format(COMMENT_MAX, force_grouping=True),
        }
        raise ValidationError(
            _(
                "This comment has %(length)s characters; at most %(most)s can be kept. "
                "Nothing was saved of it: please shorten it."
            ),
            code="length",
            params=counts,
        )
    return text
