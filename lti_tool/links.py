import html
import re

_NEXT = re.compile(r"<([^>]*)>\s*;[^,<]*?rel\s*=\s*[\"'“”]?next\b", re.IGNORECASE)


def next_page(link_header: str) -> str | None:
    """The URL of `rel="next"` in a Link header (RFC 8288), letter for letter; None where there is none.

    Moodle's line items write the quotes as “ ” in UTF-8 and escape the ampersands as in HTML.
    """
    try:
        header = link_header.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        header = link_header
    found = _NEXT.search(header)
    return html.unescape(found.group(1)).strip() if found else None
