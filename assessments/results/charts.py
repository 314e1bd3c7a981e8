"""Charts as SVG, drawn by Vega-Lite. Each stands beside a table with the same numbers; what it shows is said in words.

Colours follow the page (currentColor), so they hold in the dark, and nothing is told by colour alone.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from assessments.measurement.standard_setting import Regression

WIDTH, HEIGHT = 460, 260
HALF = 50.0  # of the per cent that an axis has
_CONFIG = {
    "background": None,
    "padding": 12,
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "domainColor": "currentColor",
        "tickColor": "currentColor",
        "gridColor": "currentColor",
        "gridOpacity": 0.15,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
    "text": {"color": "currentColor", "fontSize": 12},
    "point": {"color": "currentColor", "filled": False, "size": 40},
    "line": {"color": "currentColor"},
    "rule": {"color": "currentColor"},
    "bar": {"color": "currentColor", "opacity": 0.55},
}


Layer = dict[str, Any]


def scatter(
    marks: Sequence[float],
    grades: Sequence[float],
    *,
    words: str,
    axes: tuple[str, str],
    regression: Regression | None,
    borderline: float | None,
    cut: float | None,
    cut_words: str,
) -> SafeString:
    """Marks in per cent on global grades, with the line and the cut. `axes`: the words below and beside."""
    x = _number("grade", axes[0], scale={"nice": False, "padding": 12}, axis={"tickMinStep": 1})
    y = _number("mark", axes[1], scale={"domain": [0, 100]})
    there = [{"grade": grade, "mark": mark} for grade, mark in zip(grades, marks, strict=True)]
    layers = [_layer("point", {"x": x, "y": y}, there)]
    if regression:
        line = [_on_line(regression, end) for end in (min(grades), max(grades))]
        layers.append(_layer("line", {"x": x, "y": y}, line))
    if cut is not None:
        layers += _level("y", cut, cut_words)
    if borderline is not None:
        layers.append(_layer("rule", {"x": _at(borderline)}, strokeDash=[2, 3]))
    return _svg(layers, words)


def _on_line(regression: Regression, grade: float) -> Layer:
    """The line's mark at a grade; where that is no mark, the place at which the line leaves the marks there are."""
    mark = regression.intercept + regression.slope * grade
    edge = min(max(mark, 0.0), 100.0)
    return {
        "grade": grade if edge == mark else (edge - regression.intercept) / regression.slope,
        "mark": edge,
    }


def histogram(
    totals: Sequence[float], *, words: str, axes: tuple[str, str], at: float | None, at_words: str
) -> SafeString:
    """Totals in per cent in steps of five, with a mark to compare with."""
    bins = {"extent": [0, 100], "step": 5}
    x = {"field": "total", "bin": bins, "title": axes[0], "axis": {"values": list(range(0, 101, 10))}}
    most = max(Counter(min(int(total // 5), 19) for total in totals).values())
    step = -(-most // 5)  # Vega-Lite would count halves of candidates
    y = {
        "aggregate": "count",
        "title": axes[1],
        "axis": {"values": list(range(0, most + step, step)), "format": "d"},
    }
    layers = [_layer("bar", {"x": x, "y": y}, [{"total": total} for total in totals])]
    if at is not None:
        layers += _level("x", at, at_words)
    return _svg(layers, words)


def intervals(rows: Sequence[tuple[str, float, float, float]], *, words: str, axis: str) -> SafeString:
    """For each name a value between the ends of its interval, around nought."""
    there = [{"name": name, "low": low, "value": value, "high": high} for name, low, value, high in rows]
    y = {"field": "name", "type": "nominal", "title": None, "sort": None, "axis": {"labelLimit": 160}}
    layers = [
        _layer("rule", {"x": _number("low", axis), "x2": {"field": "high"}, "y": y}, there),
        _layer("point", {"x": _number("value", axis), "y": y}, there, filled=True),
        _layer("rule", {"x": _at(0)}, strokeDash=[4, 3]),
    ]
    return _svg(layers, words, height={"step": 20})


def curve(points: Sequence[tuple[int, float]], *, words: str, axes: tuple[str, str], at: int) -> SafeString:
    """A share, 0 to 1, for each number; the one asked for stands out."""
    there = [{"n": n, "share": share} for n, share in points]
    x = _number("n", axes[0], axis={"tickMinStep": 1})
    y = _number("share", axes[1], scale={"domain": [0, 1]})
    asked = [row for row in there if row["n"] == at]
    layers = [
        _layer("line", {"x": x, "y": y}, there),
        _layer("point", {"x": x, "y": y}, asked, filled=True, size=90),
    ]
    return _svg(layers, words)


def _layer(kind: str, encoding: Layer, values: Sequence[Layer] = ({},), **mark: Any) -> Layer:
    return {
        "data": {"values": list(values)},
        "mark": {"type": kind, "aria": False, **mark},
        "encoding": encoding,
    }


def _number(field: str, title: str, **more: Any) -> Layer:
    return {"field": field, "type": "quantitative", "title": title, **more}


def _at(value: float) -> Layer:
    return {"datum": value, "type": "quantitative"}


def _level(channel: str, value: float, words: str) -> list[Layer]:
    """A line across at a value, and what it is."""
    edge: Layer
    beside: Layer
    if channel == "x":
        away = {"dx": -6, "align": "right"} if value > HALF else {"dx": 6, "align": "left"}
        edge, beside = {"y": {"value": 0}}, {"baseline": "bottom", "dy": -4, **away}
    else:
        edge, beside = {"x": {"value": WIDTH}}, {"dy": -4, "align": "right", "baseline": "bottom"}
    return [
        _layer("rule", {channel: _at(value)}, strokeDash=[6, 4], strokeWidth=2),
        _layer("text", {channel: _at(value), **edge}, text=words, **beside),
    ]


def _svg(layers: list[Layer], words: str, **more: Any) -> SafeString:
    # Loads an engine of its own; processes that draw nothing do without.
    import vl_convert

    spec = {"width": WIDTH, "height": HEIGHT, "layer": layers, "config": _CONFIG, **more}
    drawn: str = vl_convert.vegalite_to_svg(spec)
    # Drawn from numbers and our own words; names in it are escaped by Vega.
    return mark_safe(drawn.replace("<svg ", f'<svg role="img" aria-label="{escape(words)}" ', 1))  # noqa: S308
