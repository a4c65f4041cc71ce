"""The shapes in which the API answers which links were clicked."""

from datetime import datetime
from typing import Any, Self

from pydantic import ConfigDict

from crm.analytics.link_table import Line, Table
from crm.core.api.schemas import Out

# What README.md and the documentation show; a test makes these very clicks and asks.
EXAMPLE: dict[str, Any] = {
    "traffic": "human",
    "total": {"clicked": 2, "clicks": 4},
    "rows": [
        {
            "keys": {"campaign_id": "c", "link": "1"},
            "address": "https://example.com/agenda",
            "figures": {"clicked": 2, "clicks": 3},
        },
        {
            "keys": {"campaign_id": "c", "link": "2"},
            "address": "https://example.com/map",
            "figures": {"clicked": 1, "clicks": 1},
        },
    ],
    "asOf": None,
}


class LinkFigures(Out):
    """`clicked`: mails in which a link was clicked; `clicks`: how often."""

    clicked: int
    clicks: int


class LinkFigureRow(Out):
    """One link of one campaign's mail. `keys`: `campaign_id`, empty for mails of no campaign, and `link`, its number
    from 1, 0 for the hidden link and unknown ones. `address`: where it leads, without UTM parameters; empty where that
    is not known."""

    keys: dict[str, str]
    address: str
    figures: LinkFigures

    @classmethod
    def of(cls, line: Line) -> Self:
        """Build the row."""
        keys = {"campaign_id": line.row.campaign_id, "link": str(line.row.link)}
        clicked, clicks = (cell.number for cell in line.cells)
        return cls(keys=keys, address=line.address, figures=LinkFigures(clicked=clicked, clicks=clicks))


class LinksOut(Out):
    """Clicked links, those clicked in most mails first, and up to when that is complete. In `total`, a mail in which
    two links were clicked counts once."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    traffic: str
    total: LinkFigures
    rows: list[LinkFigureRow]
    as_of: datetime | None

    @classmethod
    def of(cls, table: Table, traffic: str, as_of: datetime | None) -> Self:
        """Build the answer."""
        clicked, clicks = (cell.number for cell in table.total)
        total, rows = LinkFigures(clicked=clicked, clicks=clicks), [LinkFigureRow.of(line) for line in table.all]
        return cls(traffic=traffic, total=total, rows=rows, as_of=as_of)
