"""Who does what with a mail: follows from the address, so that the same person always behaves the same.

Of a hundred people about 45 open a mail and 12 follow a link in it, within a minute and a half; one in two hundred
unsubscribes by the button of their mail program; and two sit behind a gateway that fetches every link at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from devstack.ses_simulator import outcomes

OPEN, CLICK, UNSUBSCRIBE, SCAN = "open", "click", "unsubscribe", "scan"
# Of a thousand people.
_OPENING, _CLICKING, _UNSUBSCRIBING, _SCANNED, _OF = 450, 120, 5, 20, 1000
# Seconds after acceptance. Nobody reads a mail in the first five.
_FIRST_S, _LAST_S, _READING_S, _GATEWAY_S = 6, 75, 15, 1
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 "
    "Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
)


@dataclass(frozen=True, slots=True)
class Visit:
    """What somebody will do with a mail: `after_s` seconds after it was accepted, with the browser `agent`."""

    kind: str
    after_s: float
    agent: str
    address: str


def planned(address: str) -> Iterator[Visit]:
    """Yield what happens to a mail that reaches this address."""
    agent = _AGENTS[outcomes.lot(address, "agent", len(_AGENTS))]
    if outcomes.lot(address, "scanned", _OF) < _SCANNED:
        yield Visit(SCAN, _GATEWAY_S, _AGENTS[0], address)
    keenness = outcomes.lot(address, "keenness", _OF)
    if keenness >= _OPENING:
        return
    opened = _FIRST_S + outcomes.lot(address, "opened", _LAST_S - _FIRST_S)
    yield Visit(OPEN, opened, agent, address)
    read = opened + 1 + outcomes.lot(address, "read", _READING_S - 1)
    if keenness < _CLICKING:
        yield Visit(CLICK, read, agent, address)
    if keenness >= _OPENING - _UNSUBSCRIBING:
        yield Visit(UNSUBSCRIBE, read, agent, address)


@dataclass(frozen=True, slots=True)
class Page:
    """What a mail's HTML lets a reader or a program fetch. `links` are those people see, `hidden` the others."""

    images: tuple[str, ...]
    links: tuple[str, ...]
    hidden: tuple[str, ...]


def page(html: str) -> Page:
    """Read a mail's HTML. Links by which people would unsubscribe count as hidden: nobody presses them for a look."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return Page(tuple(reader.images), tuple(reader.links), tuple(reader.hidden))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.images: list[str] = []
        self.links: list[str] = []
        self.hidden: list[str] = []
        self._href, self._text = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "img" and given.get("src"):
            self.images.append(given["src"])
            self._text += given.get("alt", "")
        if tag == "a" and given.get("href"):
            is_hidden = "display:none" in given.get("style", "").replace(" ", "").lower()
            if is_hidden:
                self.hidden.append(given["href"])
            self._href, self._text = "" if is_hidden else given["href"], ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag != "a" or not self._href:
            return
        is_seen = self._text.strip() and "unsubscribe" not in self._text.lower()
        (self.links if is_seen else self.hidden).append(self._href)
        self._href = ""
