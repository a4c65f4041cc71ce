"""A mail as whoever got it can use it: its picture, its links, the one that nobody sees, and the way out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape

_LINK = re.compile(r'href="([^"]+/c/[^"/]+/([1-9]\d*))"')
_HONEYPOT = re.compile(r'href="([^"]+/c/[^"/]+/0)"')
_PIXEL = re.compile(r'src="([^"]+/o/[^"/]+\.gif)"')
_LEAVE = re.compile(r'href="([^"]+/u/[^"/]+)"')
_PLACE = re.compile(r'href="([^"]+/r/[^"/]+)"')


@dataclass(frozen=True, slots=True)
class Letter:
    """One accepted mail; `mail` is its id. `links` are the tracked ones in order; what it does not have is empty."""

    mail: str
    to: str
    links: tuple[str, ...]
    honeypot: str
    pixel: str
    leave: str
    place: str


def read(html: str, to: str, tags: Mapping[str, str]) -> Letter:
    """Read a mail's HTML, and which mail it is off its tags."""
    html = unescape(html)
    links = {int(number): address for address, number in _LINK.findall(html)}
    person, _, step = tags["delivery"].partition("-")
    found = {name: pattern.search(html) for name, pattern in _ONCE.items()}
    return Letter(
        mail=f"{tags.get('campaign') or tags.get('event')}/{person}/{step}",
        to=to,
        links=tuple(links[number] for number in sorted(links)),
        **{name: match[1] if match else "" for name, match in found.items()},
    )


_ONCE = {"honeypot": _HONEYPOT, "pixel": _PIXEL, "leave": _LEAVE, "place": _PLACE}
