"""The picture that other sites show beside a link to an event: its day, title and place, as PNG of 1200 x 630 px."""

import hashlib
import textwrap
from html import escape
from zoneinfo import ZoneInfo

from django.core.cache import caches
from django.utils.dateformat import format as format_date

from crm.analytics import drawing
from crm.core import outside
from crm.events import schedule
from crm.events.entities import Event

# What a site shows is twice as large as this.
_WIDTH, _HEIGHT, _LEFT = 600, 315, 130
# As many letters as fit a line, in any face.
_TITLE_LETTERS, _TITLE_LINES, _LINE_LETTERS = 19, 3, 46
_CANVAS, _SURFACE, _LINE, _ACCENT, _INK, _SOFT = "#f5f4f0", "#ffffff", "#e6e4de", "#2a4fc4", "#1b1c1f", "#55575d"


def png(event: Event) -> bytes:
    """Return the picture of an event, drawn once for each state of what it says.

    Raises:
        errors.Busy: it could not be drawn just now.
    """
    svg = _svg(event)
    key = hashlib.sha256(svg.encode()).hexdigest()
    kept = caches["charts"].get(key)
    if isinstance(kept, bytes):
        return kept
    made = drawing.artist.png(svg)
    caches["charts"].set(key, made)
    return made


def _svg(event: Event) -> str:
    fields = event.fields
    start = fields.start_at.astimezone(ZoneInfo(fields.timezone))
    title = textwrap.wrap(fields.title, _TITLE_LETTERS, max_lines=_TITLE_LINES, placeholder=" …")
    below = 62 + 48 * len(title)
    about = ["Cancelled"] if event.is_cancelled else []
    about += [schedule.spoken(fields.start_at, fields.end_at, fields.timezone), fields.venue]
    lines = [textwrap.shorten(line, _LINE_LETTERS, placeholder=" …") for line in about if line]
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif">',
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="{_CANVAS}"/>',
            _leaf(format_date(start, "M").upper(), format_date(start, "j")),
            *(_text(_LEFT, 74 + 48 * place, 40, _INK, line, bold=True) for place, line in enumerate(title)),
            *(_text(_LEFT, below + 26 * place, 19, _SOFT, line) for place, line in enumerate(lines)),
            _text(_LEFT, _HEIGHT - 24, 15, _ACCENT, outside.sender(), bold=True),
            "</svg>",
        ]
    )


def _leaf(month: str, day: str) -> str:
    """Return the day as a leaf of a calendar."""
    return (
        f'<rect x="34" y="38" width="74" height="78" rx="10" fill="{_SURFACE}" stroke="{_LINE}"/>'
        f'<path d="M34 62v-14a10 10 0 0 1 10-10h54a10 10 0 0 1 10 10v14z" fill="{_ACCENT}"/>'
        f"{_text(71, 56, 14, _SURFACE, month, bold=True, anchor='middle')}"
        f"{_text(71, 101, 32, _INK, day, bold=True, anchor='middle')}"
    )


def _text(x: int, y: int, size: int, fill: str, text: str, *, bold: bool = False, anchor: str = "start") -> str:
    weight = "bold" if bold else "normal"
    look = f'font-size="{size}" font-weight="{weight}" fill="{fill}" text-anchor="{anchor}"'
    return f'<text x="{x}" y="{y}" {look}>{escape(text)}</text>'
