"""The shapes in which the API is asked for figures of any grouping, and answers them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field

from crm.analytics import columns
from crm.analytics.columns import HUMAN, LAST
from crm.analytics.schemas import AnalyticsQuery
from crm.analytics.store import DIMENSIONS, Point, Row
from crm.core import errors
from crm.core.api.schemas import Out, Term
from crm.core.utm import PARAMETERS

_GROUPS = (
    "Any of utm_source, utm_medium, utm_campaign, campaign_id, with commas between; the UTM triple if not given. "
    "Or link alone: which links were clicked."
)
LINK = "link"
_NUMBERS = {
    "sent": 2,
    "delivered": 1,
    "opened": 1,
    "clicked": 1,
    "unsubscribed": 0,
    "bounced": 1,
    "complained": 0,
    "failed": 0,
    "pending": 0,
    "held": 0,
    "skipped": 0,
    "cancelled": 0,
    "registered": 1,
    "attended": 0,
}
# What README.md and the documentation show; a test makes these very mails and asks.
EXAMPLE: dict[str, Any] = {
    "model": "last",
    "traffic": "human",
    "total": _NUMBERS,
    "rows": [{"keys": {"utm_source": "newsletter"}, "figures": _NUMBERS}],
    "series": [{"start": "2025-08-01T00:00:00Z", "figures": _NUMBERS}],
    "asOf": None,
}


class FiguresQuery(AnalyticsQuery):
    """The plain question, and how to answer it: any of the others asks for figures of mails and registrations."""

    campaign_id: Term = ""
    group_by: Term | None = Field(None, description=_GROUPS, examples=["utm_source,utm_medium"])
    interval: Literal["hour", "day", "week"] | None = Field(None, description="Add a series by this.")
    timezone: Term | None = Field(None, description="Whose hours, days and weeks; UTC if not given.")
    model: Literal["first", "last"] | None = Field(None, description="The touch registrations are credited to: last.")
    traffic: Literal["human", "all"] | None = Field(None, description="Whose opens and clicks count: human.")

    @property
    def is_plain(self) -> bool:
        """Whether only mails by state are asked for."""
        how = (self.group_by, self.interval, self.timezone, self.model, self.traffic)
        return not self.campaign_id and all(one is None for one in how)

    @property
    def is_of_links(self) -> bool:
        """Whether clicked links are asked for. Raises errors.Invalid naming what says nothing of them."""
        if self.group_by is None or self.group_by.strip() != LINK:
            return False
        given = {"interval": self.interval, "timezone": self.timezone, "model": self.model}
        if strange := [name for name, value in given.items() if value is not None]:
            raise errors.Invalid(dict.fromkeys(strange, "Not with group_by=link."))
        return True

    @property
    def dimensions(self) -> list[str]:
        """What to group by. Raises errors.Invalid: one of them is no dimension."""
        given = PARAMETERS if self.group_by is None else self.group_by.split(",")
        wanted = list(dict.fromkeys(part.strip() for part in given if part.strip()))
        if set(wanted) - set(DIMENSIONS):
            raise errors.Invalid({"group_by": f"Any of {', '.join(DIMENSIONS)}, with commas between; or link alone."})
        return wanted


class Figures(Out):
    """Numbers of mails by the time they came into their state: `sent` to `cancelled`; of registrations by when they got
    their place: `registered`, and of those `attended`. `opened` to `complained`: what became of the mails since."""

    sent: int
    delivered: int
    opened: int
    clicked: int
    unsubscribed: int
    bounced: int
    complained: int
    failed: int
    pending: int
    held: int
    skipped: int
    cancelled: int
    registered: int
    attended: int


class FigureRow(Out):
    """One combination of the grouped dimensions."""

    keys: dict[str, str]
    figures: Figures


class FigurePoint(Out):
    """One hour, day or week."""

    start: datetime
    figures: Figures


class FiguresOut(Out):
    """The sum of the rows, the rows, most sent first, the series where an interval was given, and up to when they are
    complete."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    model: str
    traffic: str
    total: Figures
    rows: list[FigureRow]
    series: list[FigurePoint] | None
    as_of: datetime | None

    @classmethod
    def of(
        cls, query: FiguresQuery, rows: Sequence[Row], points: Sequence[Point] | None, as_of: datetime | None
    ) -> Self:
        """Build the answer. The total is added up from the rows, so that both are of one moment."""
        model, traffic = query.model or LAST, query.traffic or HUMAN
        known = columns.columns(traffic, model)

        def figures(counts: Mapping[str, int]) -> Figures:
            return Figures(**{column.name: column.of(counts) for column in known})

        told = [row for row in rows if any(column.of(row.counts) for column in known)]
        return cls(
            model=model,
            traffic=traffic,
            total=figures(sum((Counter(row.counts) for row in told), Counter[str]())),
            rows=[FigureRow(keys=dict(row.keys), figures=figures(row.counts)) for row in told],
            series=None
            if points is None
            else [FigurePoint(start=point.start.astimezone(UTC), figures=figures(point.counts)) for point in points],
            as_of=as_of,
        )
