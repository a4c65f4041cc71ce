"""Links in the bodies that people write: found in plain text, tagged with a campaign's UTM parameters."""

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote, urlencode

from crm.core.utm import Utm

_LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
# What ends a sentence rather than a link.
_TRAILING = ".,;:!?'*`。，、；：！？」』）】》…"  # noqa: RUF001
_BRACKETS = {")": "(", "]": "[", "}": "{"}


def tagged_text(text: str, utm: Utm) -> str:
    """Return the text exactly as written, but for the parameters added to its links."""
    return "".join(tagged(piece, utm) if is_link else piece for piece, is_link in pieces(text))


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Cut a text into pieces that together are the text; the flag says which of them are links."""
    position = 0
    for match in _LINK.finditer(text):
        link = _without_trailing(match.group())
        if not link.partition("//")[2]:
            continue
        yield text[position : match.start()], False
        yield link, True
        position = match.start() + len(link)
    yield text[position:], False


def tagged(link: str, utm: Utm) -> str:
    """Add the triple to a link's query, before its fragment. A value given here replaces the link's own."""
    given = utm.parameters()
    if not given:
        return link
    rest, hash_sign, fragment = link.partition("#")
    address, _, query = rest.partition("?")
    # Everything else in the query stays as it is, byte for byte: signatures may depend on it.
    kept = [pair for pair in query.split("&") if pair and unquote(pair.partition("=")[0]).lower() not in given]
    root = "" if "/" in address.partition("//")[2] else "/"
    return f"{address}{root}?{'&'.join([*kept, urlencode(given, quote_via=quote)])}{hash_sign}{fragment}"


def _without_trailing(link: str) -> str:
    while link:
        last = link[-1]
        opening = _BRACKETS.get(last)
        if last in _TRAILING or (opening and link.count(last) > link.count(opening)):
            link = link[:-1]
        else:
            break
    return link
