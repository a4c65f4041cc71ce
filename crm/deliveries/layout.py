"""A campaign's mail laid out once for everybody: what differs from person to person is left open, to be filled in.

Markdown is read, sanitised and styled here and nowhere else, and the result is stored with the campaign: everybody gets
the same mail, whichever worker sends it and whatever was deployed meanwhile, and it can be shown as it was sent.
"""

import json
import re
import secrets
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parseaddr
from enum import StrEnum
from functools import lru_cache

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from markdown_it.token import Token

from crm.core import errors
from crm.core.utm import Utm
from crm.deliveries import links, markdown, merge, plain
from crm.deliveries.merge import Use

# What one item of DynamoDB holds, less what stands beside it.
MAX_PACKED = 380_000
# Gmail cuts mails off at 102 KB; nobody reads one of this length, and each is put together in memory.
MAX_HTML = 1_000_000
_TOO_LONG = "This is too long for a mail once it is laid out."
_TRACKED = frozenset({"http", "https"})
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


class Spot(StrEnum):
    """What every mail has of its own beside merge fields."""

    PIXEL = "pixel"
    HONEYPOT = "honeypot"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Link:
    """The nth of a layout's links, counted from 1."""

    number: int


Piece = str | Use | Link | Spot
Pieces = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Subject, text and HTML in pieces. `links`: where the tracked links lead, in order, UTM parameters included."""

    subject: Pieces
    text: Pieces
    html: Pieces
    links: tuple[str, ...]

    @property
    def uses(self) -> tuple[Use, ...]:
        """The fields that stand in the mail, each way of using one once."""
        found = (piece for part in (self.subject, self.text, self.html) for piece in part if isinstance(piece, Use))
        return tuple(dict.fromkeys(found))


def of(subject: str, body: str, utm: Utm) -> Layout:
    """Lay a mail out. Every web link gets the UTM parameters and is one of `links`.

    Raises:
        errors.Invalid: naming `subject` or `body`: an unknown field, a field inside an address, an address that leads
            nowhere from a mail, too long.
    """
    return _laid_out(subject, body, utm, parseaddr(settings.MAIL_FROM)[0])


# A mail is laid out to judge it, to rehearse it and to store it, all within a moment.
@lru_cache(maxsize=4)
def _laid_out(subject: str, body: str, utm: Utm, brand: str) -> Layout:
    marks = _Marks()
    title = marks.cut(subject, "subject")
    tokens = markdown.parsed(marks.cut(body.replace("\r\n", "\n"), "body"))
    found = _rewritten(tokens, utm, marks)
    context = {
        "brand": brand,
        "subject": title,
        "unsubscribe": marks.put(Spot.UNSUBSCRIBE),
        "pixel": marks.put(Spot.PIXEL),
        "honeypot": marks.put(Spot.HONEYPOT),
    }
    # It was sanitised just now; everything else is escaped.
    html = render_to_string("emails/letter.html", context | {"body": mark_safe(markdown.html(tokens))})  # noqa: S308
    text = render_to_string("emails/letter.txt", context | {"body": plain.text(tokens)})
    styled = _INLINER.inline(html)
    layout = Layout(marks.split(title), marks.split(text), marks.split(styled), tuple(found))
    if len(styled) > MAX_HTML or len(packed(layout)) > MAX_PACKED:
        raise errors.Invalid({"body": _TOO_LONG})
    return layout


def packed(layout: Layout) -> bytes:
    """Return a layout as it is stored."""
    parts = {name: [_written(piece) for piece in getattr(layout, name)] for name in ("subject", "text", "html")}
    return zlib.compress(json.dumps({**parts, "links": layout.links}, ensure_ascii=False).encode())


def unpacked(stored: bytes) -> Layout:
    """Return the layout that `packed` stored."""
    given = json.loads(zlib.decompress(stored))
    subject, text, html = (tuple(map(_read, given[name])) for name in ("subject", "text", "html"))
    return Layout(subject, text, html, tuple(given["links"]))


def _written(piece: Piece) -> object:
    match piece:
        case Use(name, default):
            return {"field": name, "default": default}
        case Link(number):
            return {"link": number}
        case Spot():
            return {"spot": piece.value}
    return piece


def _read(given: object) -> Piece:
    match given:
        case {"field": str(name), "default": str() | None as default}:
            return Use(name, default)
        case {"link": int(number)}:
            return Link(number)
        case {"spot": str(spot)}:
            return Spot(spot)
    return str(given)


def _rewritten(tokens: Iterable[Token], utm: Utm, marks: "_Marks") -> list[str]:
    """Put a mark in the place of every web link's address, and return the addresses, tagged."""
    listed = list(tokens)
    if any(marks.stands_in(address) for address in markdown.addresses(listed)):
        raise errors.Invalid({"body": "A field cannot stand inside an address: links are the same for everybody."})
    astray = next((address for address in markdown.addresses(listed) if not markdown.is_whole(address)), None)
    if astray is not None:
        raise errors.Invalid({"body": f"“{astray}” leads nowhere from a mail. Write all of it, with https://."})
    found: list[str] = []
    for link in markdown.links(listed):
        address = str(link.attrs["href"])
        if address.partition(":")[0].lower() in _TRACKED:
            found.append(links.tagged(address, utm))
            link.attrs["href"] = marks.put(Link(len(found)))
    return found


class _Marks:
    """Words that stand in a text for what is filled in later: nobody can have written them, no reader changes them."""

    def __init__(self) -> None:
        self._word = f"x{secrets.token_hex(8)}x"
        self._held: list[Piece] = []

    def put(self, piece: Piece) -> str:
        """Return the mark of something."""
        self._held.append(piece)
        mark = f"{self._word}{len(self._held) - 1}z"
        # An address has to look like one.
        return f"https://{mark}link" if isinstance(piece, Link) else mark

    def cut(self, text: str, within: str) -> str:
        """Return a text with its fields replaced by marks. Raises errors.Invalid as `merge.pieces` does."""
        return "".join(self.put(piece) if isinstance(piece, Use) else piece for piece in merge.pieces(text, within))

    def stands_in(self, address: str) -> bool:
        """Whether a mark is part of an address."""
        return self._word in address.lower()

    def split(self, text: str) -> Pieces:
        """Cut a text where its marks stand."""
        parts = re.split(rf"(?:https://(?={self._word}\d+zlink))?{self._word}(\d+)z(?:link)?", text)
        pieces = (self._held[int(part)] if number % 2 else part for number, part in enumerate(parts))
        return tuple(piece for piece in pieces if piece != "")
