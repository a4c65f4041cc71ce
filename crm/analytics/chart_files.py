"""Charts to take along: drawings that need neither the page's colours nor its links, as SVG and as PNG."""

import re

from crm.analytics import drawing

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
# Beside the drawing, in px: on the page its title stands above it.
_MARGIN, _TITLE = 12, 28


def made(svg: str, suffix: str) -> bytes:
    """Return the file of a drawing, by the end of its name.

    Raises:
        errors.Busy: the process that turns it into PNG hung or died.
    """
    alone = _COLOUR.sub(lambda found: COLOURS[found[1]], _LINK.sub("", svg))
    alone = _HEAD.sub(lambda found: _headed(found[0]), alone, count=1)
    return alone.encode() if suffix == "svg" else drawing.artist.png(alone)


def _headed(head: str) -> str:
    """Return the beginning of a drawing with room around it, a ground, and its name above it."""
    box, name = _BOX.search(head), _NAME.search(head)
    assert box is not None
    assert name is not None
    width, height = float(box[1]) + 2 * _MARGIN, float(box[2]) + 2 * _MARGIN + _TITLE
    left, top = -_MARGIN, -_MARGIN - _TITLE
    size = f'width="{width:g}" height="{height:g}" viewBox="{left} {top} {width:g} {height:g}"'
    ground = f'<rect x="{left}" y="{top}" width="{width:g}" height="{height:g}" fill="{COLOURS["surface"]}"/>'
    font = f'font-family="sans-serif" font-size="14" font-weight="bold" fill="{COLOURS["ink"]}"'
    return f'{_BOX.sub(size, _SIZE.sub("", head))}{ground}<text y="{-_MARGIN}" {font}>{name[1]}</text>'
