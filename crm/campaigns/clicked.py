"""The links of a campaign's mail that people clicked in most mails, for its page and its report."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from crm.analytics import columns, link_table
from crm.analytics.columns import ALL, HUMAN
from crm.analytics.forms import ANY_TIME
from crm.analytics.link_table import Line
from crm.analytics.store import Question
from crm.analytics.tree import Cell
from crm.core import links


@dataclass(frozen=True, slots=True)
class Links:
    """Those `shown`, how many `more` there are, the sums of all, and where all are: humans' clicks, and everybody's."""

    shown: Sequence[Line]
    more: int
    total: Sequence[Cell]
    url: str
    raw_url: str


def of(campaign_id: str, most: int) -> Links:
    """Return at most so many links of a campaign, whenever its mails were sent."""
    table = link_table.table(Question(campaign_id=campaign_id), columns.of_links(HUMAN), "-clicked")
    page, asked = reverse("analytics-links"), {"campaign_id": campaign_id, "period": ANY_TIME}
    return Links(
        table.all[:most],
        len(table.all[most:]),
        table.total,
        links.with_query(page, asked),
        links.with_query(page, asked | {"traffic": ALL}),
    )
