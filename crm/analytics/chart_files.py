"""Charts to take along: drawings that need neither the page's colours nor its links, as SVG and as PNG."""

import re
from collections.abc import Mapping
from html import escape

from crm.analytics import charts, drawing

# The light scheme of app.css; a test compares them.
COLOURS = {
    "accent": "#2a4fc4",
    "amber-fill": "#c47a0c",
    "blue-fill": "#5b7ee5",
    "grey-fill": "#d6d3cb",
    "ink": "#1b1c1f",
    "ink-faint": "#66686e",
    "ink-soft": "#55575d",
    "line": "#e6e4de",
    "line-strong": "#8a887f",
    "red-fill": "#d0473d",
    "surface": "#ffffff",
    "violet-fill": "#8d63cf",
}
TYPES = {"svg": "image/svg+xml", "png": "image/png"}
_COLOUR = re.compile(r"var\(--([a-z-]+)\)")
_LINK = re.compile(r' (?:tabindex="-1" )?href="[^"]*"')
_HEAD = re.compile(r"<svg[^>]*>")
_SIZE = re.compile(r' (?:width|height)="[^"]*"')
_BOX = re.compile(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"')
_NAME = re.compile(r'aria-label="([^"]*)"')
# Beside the drawing, in px: on the page its title and the meaning of its colours stand above it.
_MARGIN, _TITLE, _LINE, _SWATCH, _GAP = 12, 28, 20, 10, 4
# In px, of a text as large as the legend's; wide enough for any face.
_LETTER = 7


def made(svg: str, suffix: str, legend: Mapping[str, str]) -> bytes:
    """Return the file of a drawing, by the end of its name. `legend`: see `charts.Chart`.

    Raises:
        errors.Busy: the process that turns it into PNG hung or died.
    """
    alone = _HEAD.sub(lambda found: _headed(found[0], legend), _LINK.sub("", svg), count=1)
    alone = _COLOUR.sub(lambda found: COLOURS[found[1]], alone)
    return alone.encode() if suffix == "svg" else drawing.artist.png(alone)


def _headed(head: str, legend: Mapping[str, str]) -> str:
    """Return the beginning of a drawing with room around it, a ground, its name and what its colours mean above it."""
    box, name = _BOX.search(head), _NAME.search(head)
    assert box is not None
    assert name is not None
    keys, rows = _keys(legend, float(box[1]))
    left, top = -_MARGIN, -_MARGIN - _TITLE - rows * _LINE
    width, height = float(box[1]) + 2 * _MARGIN, float(box[2]) + _MARGIN - top
    size = f'width="{width:g}" height="{height:g}" viewBox="{left} {top} {width:g} {height:g}"'
    ground = f'<rect x="{left}" y="{top}" width="{width:g}" height="{height:g}" fill="{COLOURS["surface"]}"/>'
    font = f'font-family="sans-serif" font-size="14" font-weight="bold" fill="{COLOURS["ink"]}"'
    title = f'<title>{name[1]}</title>{ground}<text y="{top + _TITLE}" {font}>{name[1]}</text>'
    return f"{_BOX.sub(size, _SIZE.sub('', head))}{title}{keys}"


def _keys(legend: Mapping[str, str], width: float) -> tuple[str, int]:
    """Return the legend as marks with their words, and over how many lines they go."""
    x, line, placed = 0.0, 0, []
    for state, label in legend.items():
        wide = 2 * _SWATCH + _LETTER * len(label)
        if x and x + wide > width:
            x, line = 0.0, line + 1
        placed.append((x, line, state, label))
        x += wide + _SWATCH
    rows = line + 1 if placed else 0
    return "".join(_key(x, (line - rows) * _LINE + _GAP, state, label) for x, line, state, label in placed), rows


def _key(x: float, y: float, state: str, label: str) -> str:
    """Return the mark of a colour, and its word beside it."""
    tall, fill = (2, charts.LINE_INK) if state == charts.LINE else (_SWATCH, charts.FILLS[state])
    mark = f'<rect x="{x:g}" y="{y - tall / 2:g}" width="{_SWATCH}" height="{tall}" fill="{fill}"/>'
    font = 'font-family="sans-serif" font-size="12" fill="var(--ink-soft)" dominant-baseline="central"'
    return f'{mark}<text x="{x + 1.5 * _SWATCH:g}" y="{y:g}" {font}>{escape(label)}</text>'
