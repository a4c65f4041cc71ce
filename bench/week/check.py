"""What was compared, and what differed: each difference by page, row and column."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.week import markup
from bench.week.browser import Answer, Browser
from bench.week.markup import Node

# So many pages of a list are turned to count its rows; of longer ones the first, and what they say of themselves.
_PAGES_TURNED = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that is not what it must be; `group` is what it was compared among."""

    group: str
    page: str
    row: str
    column: str
    expected: object
    found: object

    def __str__(self) -> str:
        return f"{self.page} | {self.row} | {self.column}: expected {self.expected}, found {self.found}"


@dataclass(slots=True)
class Check:
    """Asks as a signed-in member of staff. `figures` counts comparisons by group."""

    staff: Browser
    figures: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    _group: str = ""
    _totals: dict[str, int] = field(default_factory=dict)

    def begin(self, group: str) -> None:
        """Name what is compared from here on."""
        self._group = group

    def same(self, page: str, row: str, column: str, expected: object, found: object) -> None:
        """Compare one figure."""
        self.figures[self._group] += 1
        if expected != found:
            self.differences.append(Difference(self._group, page, row, column, expected, found))

    def opens(self, page: str, row: str, column: str, number: int, url: str) -> None:
        """Compare a number with the rows that its link opens. A number other than 0 must have one."""
        if not url:
            if number:
                self.same(page, row, f"{column}, its link", "a link", "none")
            return
        group, self._group = self._group, "rows opened by numbers"
        self.same(page, row, f"{column}, rows at {url}", number, self.rows_at(url))
        self._group = group

    def shown(self, page: str, row: str, column: str, expected: int, cell: Node) -> None:
        """Compare a number in a cell, and the rows that its link opens."""
        link = cell.first("a")
        bold = cell.first("b") if link is None or link.first("b") else None
        text = (link.first("b") or link).text if link else (bold or cell).text
        found = markup.number(text)
        self.same(page, row, column, expected, found)
        self.opens(page, row, column, found, link.attrs["href"] if link else "")

    def tree(self, path: str) -> Node:
        """Look at a page."""
        return markup.read(self.ask(path).text)

    def ask(self, path: str) -> Answer:
        """Ask for a page or a file, which must be there."""
        answer = self.staff.get(path)
        assert answer.status == 200, (path, answer.status, answer.text[:500])
        return answer

    def rows_at(self, url: str) -> int:
        """Count the rows of a list: as its pager says, if its pages hold as many; -1 where they do not."""
        if url not in self._totals:
            self._totals[url] = self._counted(url)
        return self._totals[url]

    def _counted(self, url: str) -> int:
        rows, turned, address = 0, 0, url
        while True:
            page = self.tree(address)
            pager = page.first("nav", lambda one: "pager" in one.classes)
            if pager is None:
                # Beside an empty list another table may stand, as the waitlist does.
                is_empty = page.first("div", lambda one: "empty" in one.classes and "role" not in one.attrs) is not None
                return 0 if is_empty else -1
            said = pager.first("span")
            assert said is not None
            first, last, total = (
                markup.number(word) for word in said.text.replace("to", " ").replace("of", " ").split()
            )
            rows, turned = rows + _lines(page), turned + 1
            if rows != last or (turned == 1 and first != 1):
                return -1
            following = pager.first("a", lambda one: one.attrs.get("rel") == "next")
            if following is None:
                return total if rows == total else -1
            if turned == _PAGES_TURNED:
                return total
            address = _joined(url, following.attrs["href"])


def _joined(url: str, link: str) -> str:
    return link if link.startswith("/") else f"{urlsplit(url).path}{link}"


def _lines(page: Node) -> int:
    """Return how many rows the page's list has."""
    tables = [one for one in page.all("table") if "data-table" in one.classes]
    listed = [one for one in tables if _is_beside_pager(page, one)] or tables[:1]
    return sum(1 for body in (listed[0].all("tbody") if listed else ()) for _ in body.all("tr"))


def _is_beside_pager(page: Node, table: Node) -> bool:
    """Tell whether a table stands in the same section as the pager."""
    sections = [one for one in page.all() if one.tag in {"section", "div"} and "panel" in one.classes]
    return any(
        table in list(one.all("table")) and one.first("nav", lambda nav: "pager" in nav.classes) for one in sections
    )


def cells(row: Node) -> Sequence[Node]:
    """Return the cells of a table's row that hold numbers."""
    return [one for one in row.all("td") if "num" in one.classes]
