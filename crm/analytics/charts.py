"""Charts as Vega-Lite specifications, and their drawings, cached by content.

Colours are the stylesheet's custom properties, so one drawing serves the light and the dark scheme. Each chart comes
in several widths because its text keeps its size; the page asks for the one it has room for.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from django.core.cache import caches

from crm.analytics import drawing

# In px, as wide as the box that the page shows each in.
WIDTHS = {"narrow": 310, "medium": 400, "wide": 660}
_TICKS = {"narrow": 4, "medium": 5, "wide": 8}
_HEIGHT = 200
# In px. Vega could cut texts by measuring them, which takes longer than all the rest of a drawing.
_LETTER_WIDTH, _SUM_WIDTH = 7, 70
# Bottom of the pile first. The fill of each state is the legend's, in app.css.
STACK = ("sent", "sending", "pending", "unknown", "held", "failed", "skipped", "cancelled")
FILLS = {
    "sent": "var(--blue-fill)",
    "sending": "var(--accent)",
    "pending": "var(--grey-fill)",
    "unknown": "var(--amber-fill)",
    "held": "var(--violet-fill)",
    "failed": "var(--red-fill)",
    "skipped": "var(--line-strong)",
    "cancelled": "var(--ink-faint)",
}
# The line over the bars, among the meanings of colours.
LINE, LINE_INK = "line", "var(--ink-soft)"
# Vega makes every relative link absolute; this host is taken out again.
_HOST = "https://chart.invalid"
_BAR = re.compile(r'<path aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="bar"([^>]*)/>')
_TEXT = {"labelColor": "var(--ink-faint)", "labelFontSize": 12, "title": None}
_QUIET = {"domain": False, "ticks": False, "aria": False}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a piled bar, `bar` by its place: `href` opens the mails it stands for; `label` reads it aloud."""

    bar: int
    state: str
    mails: int
    href: str
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What to draw. `bars` are the bars' texts in order, those without mails among them; `name` the accessible name.

    `line`: numbers to draw over the bars from left to right, of a period before. `legend`: what the fill of a state
    means, and `LINE` the line, in order; empty where the name says it.
    """

    name: str
    bars: Sequence[str]
    parts: Sequence[Part]
    line: Sequence[int] = ()
    legend: Mapping[str, str] = field(default_factory=dict)


def columns(chart: Chart, width: str, height: int = _HEIGHT) -> dict[str, Any]:
    """Return the specification of upright bars over time, states piled up; `height` in px, without the texts."""
    places = [str(place) for place in range(len(chart.bars))]
    x_axis = {
        **_TEXT,
        **_QUIET,
        "values": _spread(len(places), _TICKS[width]),
        "labelExpr": f"{json.dumps(list(chart.bars))}[toNumber(datum.value)]",
        "labelAngle": 0,
        "labelOverlap": False,
        "grid": False,
        "labelPadding": 8,
    }
    x_scale = {"domain": places, "padding": 0.25}
    return {
        **_frame(chart, width),
        "height": height,
        "data": {"values": [_row(part) for part in chart.parts]},
        "mark": _bar(),
        "encoding": {
            "x": {"field": "bar", "type": "ordinal", "scale": x_scale, "axis": x_axis},
            "y": {"field": "mails", "type": "quantitative", "axis": _counts(chart)},
            **_states(),
        },
    }


def compared(chart: Chart, width: str) -> dict[str, Any]:
    """Return the specification of upright bars over time with a line over them."""
    made = columns(chart, width)
    if not chart.line:
        return made
    encoding = made["encoding"]
    bars = {"data": made.pop("data"), "mark": made.pop("mark"), "encoding": made.pop("encoding")}
    values = [{"bar": str(place), "mails": number} for place, number in enumerate(chart.line)]
    mark = {"type": "line", "stroke": LINE_INK, "strokeWidth": 1.5, "strokeDash": [4, 3], "aria": False}
    line = {"data": {"values": values}, "mark": mark, "encoding": {"x": encoding["x"], "y": encoding["y"]}}
    return {**made, "layer": [bars, line]}


def rows(chart: Chart, width: str) -> dict[str, Any]:
    """Return the specification of lying bars, their texts and sums above them, states piled up."""
    places = [str(place) for place in range(len(chart.bars))]
    sums = _sums(chart)
    texts = [
        {"bar": place, "text": _cut(text, (WIDTHS[width] - _SUM_WIDTH) // _LETTER_WIDTH), "sum": f"{mails:,}"}
        for place, text, mails in zip(places, chart.bars, sums, strict=True)
    ]
    y = {"field": "bar", "type": "ordinal", "scale": {"domain": places, "padding": 0}, "axis": None}
    x = {"field": "mails", "type": "quantitative", "axis": None, "scale": {"domain": [0, max(sums, default=1)]}}
    bars = {
        "data": {"values": [_row(part) for part in chart.parts]},
        "mark": {**_bar(), "height": 12, "yOffset": 10},
        "encoding": {"y": y, "x": x, **_states()},
    }
    layers = [bars, _words(texts, y, "text"), _words(texts, y, "sum")]
    return {**_frame(chart, width), "height": {"step": 42}, "layer": layers}


def _words(texts: Sequence[Mapping[str, str]], y: Mapping[str, Any], field: str) -> dict[str, Any]:
    align, x, color = ("left", 0, "ink") if field == "text" else ("right", "width", "ink-soft")
    mark = {"type": "text", "align": align, "baseline": "bottom", "dy": 1, "fontSize": 13}
    where = {"y": y, "x": {"value": x}, "text": {"field": field}, "color": {"value": f"var(--{color})"}}
    return {"data": {"values": texts}, "mark": {**mark, "aria": False}, "encoding": where}


def drawn(specification: Mapping[str, Any]) -> str:
    """Return the SVG of a specification, from the cache where it has been drawn before.

    Raises:
        errors.Busy: it could not be drawn just now.
    """
    key = hashlib.sha256(json.dumps(specification, sort_keys=True).encode()).hexdigest()
    kept = caches["charts"].get(key)
    if isinstance(kept, str):
        return kept
    svg = _in_page(drawing.artist.draw(specification), str(specification["description"]))
    caches["charts"].set(key, svg)
    return svg


def _in_page(svg: str, name: str) -> str:
    """Give the drawing its name, each bar a tooltip, and links of this site."""
    # Most have a table beside them that holds the same links: the keyboard is spared a second round through them.
    svg = svg.replace(f'xlink:href="{_HOST}', 'tabindex="-1" href="')
    svg = _BAR.sub(r'<path role="img"\2><title>\1</title></path>', svg)
    return svg.replace('class="marks"', f'class="drawing" role="group" aria-label="{escape(name)}"', 1)


def _sums(chart: Chart) -> list[int]:
    """Return how much stands in each bar."""
    sums = Counter[int]()
    for part in chart.parts:
        sums[part.bar] += part.mails
    return [sums[place] for place in range(len(chart.bars))]


def _frame(chart: Chart, width: str) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": chart.name,
        "width": WIDTHS[width],
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"bottom": 6, "top": 8, "left": 0, "right": 0},
        "background": None,
        # The page sets its own font over this one, which the converter measures fastest.
        "config": {"view": {"stroke": None}, "font": "sans-serif"},
    }


def _bar() -> dict[str, Any]:
    return {"type": "bar", "stroke": "var(--surface)", "strokeWidth": 1, "cursor": "pointer"}


def _counts(chart: Chart) -> dict[str, Any]:
    most = max([*_sums(chart), *chart.line], default=0)
    return {
        **_TEXT,
        **_QUIET,
        "gridColor": "var(--line)",
        # Of fewer than four, more ticks than that would lie between whole numbers.
        "tickCount": max(1, min(4, most)),
        "format": ",d",
        "labelPadding": 8,
    }


def _states() -> dict[str, Any]:
    return {
        "color": {
            "field": "state",
            "type": "nominal",
            "scale": {"domain": list(FILLS), "range": list(FILLS.values())},
            "legend": None,
        },
        "order": {"field": "order", "type": "quantitative"},
        "href": {"field": "href"},
        "description": {"field": "label"},
        "tooltip": None,
    }


def _row(part: Part) -> dict[str, Any]:
    return {
        "bar": str(part.bar),
        "state": part.state,
        "order": STACK.index(part.state),
        "mails": part.mails,
        "href": _HOST + part.href,
        "label": part.label,
    }


def _spread(length: int, wanted: int) -> list[str]:
    """Return at most `wanted` places of a row, evenly spread from its first."""
    step = max(1, -(-length // wanted))
    return [str(place) for place in range(0, length, step)]


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
