"""The picture that other sites show beside a link to an event: its day, title and place, as PNG of 1200 x 630 px."""

import hashlib
import re
import unicodedata
from html import escape
from zoneinfo import ZoneInfo

from django.core.cache import caches
from django.utils.dateformat import format as format_date

from crm.analytics import drawing
from crm.core import errors, outside
from crm.events import public_urls
from crm.events.entities import Event

# What a site shows is twice as large as this.
_WIDTH, _HEIGHT, _LEFT, _RIGHT = 600, 315, 130, 576
# A title is written in the largest of these in which it is not cut.
_TITLE_SIZES, _SIZE, _SMALL = (40, 32, 25), 18, 15
_MOST_LINES = 2
_CANVAS, _SURFACE, _EDGE, _ACCENT, _INK, _SOFT = "#f5f4f0", "#ffffff", "#e6e4de", "#2a4fc4", "#1b1c1f", "#55575d"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SCRIPTS = ("LATIN ", "GREEK ", "CYRILLIC ")
# Widths in parts of the size, no less than in the bold of DejaVu Sans, the widest face that servers commonly have.
_WIDTHS = (
    dict.fromkeys(" fijlrtIJ.,:;'!|()[]/-\u2018\u2019", 0.5)
    | dict.fromkeys("MWmw@%", 1.1)
    | dict.fromkeys("\u2014\u2026\u2030\u039c\u041cŒœÆæШЩЖЮФЫЉЊЪЦшщжюфыљњ¼½¾©®™№", 1.45)
)
_SMALL_LETTER, _OTHER_SMALL_LETTER, _OTHER, _RARE = 0.72, 0.88, 0.95, 1.9
# Of the width of bold letters.
_REGULAR = 0.92


def address(event: Event) -> str:
    """Return where the picture of an event is, another address after each change; empty where there is none."""
    return f"{public_urls.page(event)}.png?v={event.revision}" if _is_offered(event) else ""


def dated(event: Event) -> str:
    """Return "Friday 1 August 2025, 09:00 to 17:00": what others keep for weeks names no day by today's."""
    here = ZoneInfo(event.fields.timezone)
    first, last = event.fields.start_at.astimezone(here), event.fields.end_at.astimezone(here)
    until = "H:i" if first.date() == last.date() else "l j F Y, H:i"
    return f"{format_date(first, 'l j F Y, H:i')} to {format_date(last, until)}"


def png(event: Event) -> bytes:
    """Return the picture of an event, drawn once for each state of what it says.

    Raises:
        errors.NotFound: its words could come out as empty boxes, so that it has none.
        errors.Busy: it could not be drawn just now.
    """
    if not _is_offered(event):
        raise errors.NotFound("This event has no picture.")
    svg = _svg(event)
    key = hashlib.sha256(svg.encode()).hexdigest()
    kept = caches["charts"].get(key)
    if isinstance(kept, bytes):
        return kept
    try:
        made = drawing.artist.png(svg)
    except (ValueError, RuntimeError) as error:
        raise errors.Busy("The picture could not be drawn just now. Try again.") from error
    caches["charts"].set(key, made)
    return made


def _is_offered(event: Event) -> bool:
    """Tell whether the fonts of any server have what the picture says."""
    return all(_is_common(letter) for letter in _plain(event.fields.title) + _plain(event.fields.venue))


def _is_common(letter: str) -> bool:
    if letter <= "\xff" or letter in "€№™":
        return True
    if unicodedata.category(letter).startswith("P"):
        return "\u2000" <= letter <= "\u206f"
    return letter.isalpha() and unicodedata.name(letter, "").startswith(_SCRIPTS)


def _plain(text: str) -> str:
    """Return a text in one line, each accent on its letter, without what XML cannot hold."""
    return " ".join(unicodedata.normalize("NFC", _NOT_XML.sub("", text)).split())


def _svg(event: Event) -> str:
    start = event.fields.start_at.astimezone(ZoneInfo(event.fields.timezone))
    size, title = _titled(_plain(event.fields.title))
    below = 74 + (len(title) - 1) * (size + 8) + 36
    lines = ["Cancelled"] if event.is_cancelled else []
    lines += _wrapped(dated(event), _SIZE * _REGULAR) + _wrapped(_plain(event.fields.venue), _SIZE * _REGULAR)
    sender = _wrapped(_plain(outside.sender()), _SMALL)[:1]
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif">',
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="{_CANVAS}"/>',
            _leaf(format_date(start, "M").upper(), format_date(start, "j")),
            *(_text(_LEFT, 74 + (size + 8) * place, size, _INK, line, bold=True) for place, line in enumerate(title)),
            *(_text(_LEFT, below + 26 * place, _SIZE, _SOFT, line) for place, line in enumerate(lines)),
            *(_text(_LEFT, _HEIGHT - 24, _SMALL, _ACCENT, line, bold=True) for line in sender),
            "</svg>",
        ]
    )


def _titled(title: str) -> tuple[int, list[str]]:
    for size in _TITLE_SIZES:
        lines = _wrapped(title, size)
        if "".join(lines).replace(" ", "") == title.replace(" ", ""):
            break
    return size, lines


def _wrapped(text: str, size: float) -> list[str]:
    """Return a text as at most two lines: the first ends with a word where it can, the last is cut by letters."""
    lines: list[str] = []
    while text and len(lines) < _MOST_LINES:
        fits = _fitting(text, size)
        if fits < len(text) and len(lines) == _MOST_LINES - 1:
            text = text[: _fitting(text, size, taken=_WIDTHS["…"])].rstrip() + "…"
        elif fits < len(text):
            fits = max(text.rfind(" ", 0, fits + 1), 0) or fits
        else:
            fits = len(text)
        lines.append(text[:fits].rstrip())
        text = text[fits:].lstrip()
    return lines


def _fitting(text: str, size: float, taken: float = 0) -> int:
    """Return how many letters of a text fit a line of which a part, in sizes, is taken."""
    for number, letter in enumerate(text):
        taken += _width(letter)
        if taken * size > _RIGHT - _LEFT:
            return number
    return len(text)


def _width(letter: str) -> float:
    bare = unicodedata.normalize("NFD", letter)[0]
    if bare in _WIDTHS:
        return _WIDTHS[bare]
    if "\u017f" < bare < "\u0370" or bare > "\u045f":
        return _OTHER if bare == "€" or "\u2010" <= bare <= "\u2022" else _RARE
    if bare.islower() or bare.isdigit():
        return _SMALL_LETTER if bare.isascii() else _OTHER_SMALL_LETTER
    return _OTHER


def _leaf(month: str, day: str) -> str:
    """Return the day as a leaf of a calendar."""
    return (
        f'<rect x="34" y="38" width="74" height="78" rx="10" fill="{_SURFACE}" stroke="{_EDGE}"/>'
        f'<path d="M34 62v-14a10 10 0 0 1 10-10h54a10 10 0 0 1 10 10v14z" fill="{_ACCENT}"/>'
        f"{_text(71, 56, 14, _SURFACE, month, bold=True, anchor='middle')}"
        f"{_text(71, 101, 32, _INK, day, bold=True, anchor='middle')}"
    )


def _text(x: int, y: int, size: int, fill: str, text: str, *, bold: bool = False, anchor: str = "start") -> str:
    weight = "bold" if bold else "normal"
    look = f'font-size="{size}" font-weight="{weight}" fill="{fill}" text-anchor="{anchor}"'
    return f'<text x="{x}" y="{y}" {look}>{escape(text)}</text>'
