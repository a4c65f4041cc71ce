"""Pages as trees, for reading what they show."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)


@dataclass(slots=True)
class Node:
    """An element with its attributes and what is in it."""

    tag: str
    attrs: Mapping[str, str]
    inside: list["Node | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All words within, with single spaces between."""
        return " ".join(" ".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for one in self.inside:
            if isinstance(one, str):
                yield one
            else:
                yield from one._texts()

    @property
    def classes(self) -> list[str]:
        """Its classes."""
        return self.attrs.get("class", "").split()

    def all(self, tag: str = "", where: Callable[["Node"], bool] = lambda _: True) -> Iterator["Node"]:
        """Yield the elements within of this tag for which `where` holds, in their order."""
        for one in self.inside:
            if isinstance(one, Node):
                if tag in ("", one.tag) and where(one):
                    yield one
                yield from one.all(tag, where)

    def first(self, tag: str = "", where: Callable[["Node"], bool] = lambda _: True) -> "Node | None":
        """Return the first of `all`, None where there is none."""
        return next(self.all(tag, where), None)

    def by_id(self, name: str) -> "Node | None":
        """Return the element with this id."""
        return self.first(where=lambda one: one.attrs.get("id") == name)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Node("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].inside.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        depth = next((place for place in range(len(self._open) - 1, 0, -1) if self._open[place].tag == tag), 0)
        if depth:
            del self._open[depth:]

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


def read(html: str) -> Node:
    """Return a page as a tree."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.root


def number(text: str) -> int:
    """Return the number that a text shows: 12,345."""
    return int(text.replace(",", ""))
