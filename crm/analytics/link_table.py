"""The table of links: which link of which campaign's mail, in how many mails it was clicked, and how often."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from crm.analytics import addresses, engine
from crm.analytics.columns import Column, share
from crm.analytics.store import LinkRow, Question
from crm.analytics.tree import Cell
from crm.core import utm
from crm.search import engine as search
from crm.search.documents import CampaignDocument

LINES_SHOWN = 100
UNKNOWN = "The hidden link, or an unknown one"
OTHER_MAIL = "Other mail"
PART = (
    "Share of the campaign's mails in which anything was clicked; with several links in one mail they add up to more."
)


@dataclass(frozen=True, slots=True)
class Line:
    """A link's numbers. `address`: where it leads, without UTM parameters, '' where that is not known.

    `campaign` is None for mails of no campaign; `part`: of the campaign's mails that were clicked, 75 %.
    """

    row: LinkRow
    campaign: CampaignDocument | None
    address: str
    cells: Sequence[Cell]
    part: str

    @property
    def text(self) -> str:
        """The address as people read it, or what is known of the link."""
        return spoken(self.address) if self.address else _unnamed(self.row.link)

    @property
    def mail(self) -> str:
        """What the campaign is called."""
        return self.campaign.name if self.campaign else OTHER_MAIL


@dataclass(frozen=True, slots=True)
class Table:
    """All clicked links in the order asked for, and the sums: a mail in which two were clicked counts once there."""

    all: Sequence[Line]
    total: Sequence[Cell]

    @property
    def shown(self) -> Sequence[Line]:
        """The lines that a page has room for; the file has all."""
        return self.all[:LINES_SHOWN]


def spoken(address: str) -> str:
    """Return an address as people read it: without scheme and UTM parameters."""
    return utm.untagged(address).partition("//")[2].removeprefix("www.").removesuffix("/")


def name(campaign_id: str, link: int) -> str:
    """Return what a link of a campaign's mail is called."""
    return text(search.store().mail_links([campaign_id]).get(campaign_id, ()) if campaign_id else (), link)


def text(links: Sequence[str], link: int) -> str:
    """Return what a link is called, of those that its mail has."""
    return spoken(links[link - 1]) if 0 < link <= len(links) else _unnamed(link)


def mail(campaign_id: str) -> str:
    """Return what a campaign is called, or the mails of none ('')."""
    if not campaign_id:
        return OTHER_MAIL
    known = search.store().campaigns_by_id([campaign_id])
    return known[campaign_id].name if campaign_id in known else campaign_id


def _unnamed(link: int) -> str:
    return f"Link {link}" if link else UNKNOWN


def table(question: Question, columns: Sequence[Column], sort: str) -> Table:
    """Return the clicked links of a question's mails, in the order of a column's name or of their texts.

    `columns` are those of `columns.of_links`; `sort` begins with `-` for descending.
    """
    store = engine.store()
    wholes = {row.keys["campaign_id"]: row.counts for row in store.by(question, ["campaign_id"])}
    rows = [row for row in store.links(question) if any(column.of(row.counts) for column in columns)]
    ids = sorted({row.campaign_id for row in rows} - {""})
    known, links = search.store().campaigns_by_id(ids), search.store().mail_links(ids)
    lines = [
        _line(
            replace(question, campaign_id=row.campaign_id),
            columns,
            row,
            whole=wholes.get(row.campaign_id, {}),
            campaign=known.get(row.campaign_id),
            links=links.get(row.campaign_id, ()),
        )
        for row in rows
    ]
    sums = sum((Counter(row.counts) for row in rows), Counter[str]())
    whole = sum((Counter(counts) for counts in wholes.values()), Counter[str]())
    # Clicks add up; mails do not, for several links may be clicked in one.
    total = {**whole, **{column.measures[0]: sums[column.measures[0]] for column in columns[1:]}}
    return Table(_sorted(lines, sort), _cells(question, columns, total, whole))


def _line(
    question: Question,
    columns: Sequence[Column],
    row: LinkRow,
    *,
    whole: Mapping[str, int],
    campaign: CampaignDocument | None,
    links: Sequence[str],
) -> Line:
    known = 0 < row.link <= len(links)
    address = utm.untagged(links[row.link - 1]) if known else ""
    # No campaign must be asked for by name: any would be meant.
    which = {"link": str(row.link)} if row.campaign_id else {"link": str(row.link), "campaign_id": ""}
    narrowed = [column.narrowed(**which) for column in columns]
    clicked = columns[0]
    part = share(clicked.of(row.counts), clicked.of(whole))
    return Line(row, campaign, address, _cells(question, narrowed, row.counts, whole), part)


def _cells(
    question: Question, columns: Sequence[Column], counts: Mapping[str, int], whole: Mapping[str, int]
) -> list[Cell]:
    found = []
    for column in columns:
        number = column.of(counts)
        url = addresses.rows(question, column.query, page=column.page) if number else ""
        percent = share(number, whole.get(column.whole, 0)) if number and column.whole else ""
        found.append(Cell(column, number, url, percent))
    return found


def _sorted(lines: Sequence[Line], sort: str) -> list[Line]:
    """Return the lines by their text, or by a column's number; lines of equal numbers by their text."""
    by_text = sorted(lines, key=lambda line: (line.text.casefold(), line.mail.casefold(), line.row.link))
    name = sort.removeprefix("-")
    places = [cell.column.name for cell in lines[0].cells] if lines else []
    if name not in places:
        return by_text[::-1] if sort.startswith("-") else by_text
    place, sign = places.index(name), -1 if sort.startswith("-") else 1
    return sorted(by_text, key=lambda line: sign * line.cells[place].number)
