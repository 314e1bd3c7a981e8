"""The school's own colours, as far as our pages stay readable in them.

Canvas tells its brand as a JSON text (`$com.instructure.brandConfigJSON`). A brand is made for a logo, not for reading: a
colour counts only where it keeps the contrast of WCAG 2.2, 1.4.3, on our light surfaces; else ours stays. What is dark or of
high contrast has colours of its own, and takes none from a brand.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

READABLE = 4.5
# The lightest and the darkest of the surfaces that words stand on: config/static/bellringer/tokens.css.
SURFACES = ("#ffffff", "#f2f4f4", "#eaf3fa")
_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})")
_LONGEST = 20_000


def read(brand: object) -> dict[str, str]:
    """Of a custom parameter: `link`, and `primary` with `on-primary`, each `#rrggbb`; empty where nothing is told or readable."""
    told = _decoded(brand)
    link, fill, words = (
        _colour(told.get(name))
        for name in ("ic-link-color", "ic-brand-button--primary-bgd", "ic-brand-button--primary-text")
    )
    found = {}
    if link and all(contrast(link, surface) >= READABLE for surface in SURFACES):
        found["link"] = link
    # Light words on a darker fill only: under the pointer the fill becomes darker still.
    if fill and words and luminance(words) > luminance(fill) and contrast(words, fill) >= READABLE:
        found |= {"primary": fill, "on-primary": words}
    return found


def _decoded(brand: object) -> Mapping[str, Any]:
    """An unresolved variable is no JSON and says nothing."""
    if isinstance(brand, str) and len(brand) <= _LONGEST:
        try:
            brand = json.loads(brand)
        except (ValueError, RecursionError):
            return {}
    return brand if isinstance(brand, Mapping) else {}


def _colour(value: object) -> str:
    """`#rrggbb`; empty for anything that is not written in hexadecimal digits."""
    text = value.strip().lower() if isinstance(value, str) else ""
    if not _HEX.fullmatch(text):
        return ""
    return text if len(text) == 7 else "#" + "".join(digit * 2 for digit in text[1:])


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
