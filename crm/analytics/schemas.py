"""The shapes in which the API is asked for numbers and answers them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Self

from pydantic import Field

from crm.analytics.store import STATES, Question, Row
from crm.core import errors
from crm.core.api.schemas import Instant, Out, Query, Term
from crm.search.documents import OPEN_STATES


class AnalyticsQuery(Query):
    """Any subset; `from` is included, `to` is not. Both bound the time at which a mail entered its present state."""

    utm_source: Term = ""
    utm_medium: Term = ""
    utm_campaign: Term = ""
    since: Instant | None = Field(None, alias="from")
    before: Instant | None = Field(None, alias="to")

    def question(self) -> Question:
        """Return what is asked.

        Raises:
            errors.Invalid: the period ends before it begins.
        """
        if self.since is not None and self.before is not None and self.before < self.since:
            raise errors.Invalid({"to": "The end must not come before the start."})
        given: dict[str, Any] = {field.name: getattr(self, field.name, "") for field in fields(Question)}
        return Question(**given)


class MailCounts(Out):
    """Numbers of mails. `sent`: accepted by SES, whatever came later; `failed`: refused for good; `pending`: all that
    may still change; `held`: nobody knows whether SES took them. These six add up to `total`; `states` is the detail.
    """

    sent: int
    failed: int
    pending: int
    held: int
    skipped: int
    cancelled: int
    total: int
    states: dict[str, int]

    @classmethod
    def counts(cls, states: Mapping[str, int]) -> dict[str, object]:
        """Return the fields for raw counts by state."""
        raw = {state: states.get(state, 0) for state in STATES}
        final = {state: count for state, count in raw.items() if state not in OPEN_STATES}
        return {**final, "pending": sum(raw[state] for state in OPEN_STATES), "total": sum(raw.values()), "states": raw}


class UtmCounts(MailCounts):
    """The mails of one combination of source, medium and campaign; empty strings where the mails carry none."""

    utm_source: str = Field(alias="utm_source")
    utm_medium: str = Field(alias="utm_medium")
    utm_campaign: str = Field(alias="utm_campaign")


class AnalyticsOut(Out):
    """What was asked for: the sum of the rows, the rows, most sent first, and up to when they are complete."""

    summary: MailCounts
    rows: list[UtmCounts]
    as_of: datetime | None

    @classmethod
    def of(cls, rows: Sequence[Row], as_of: datetime | None) -> Self:
        """Build the answer. The summary is added up from the rows, so that both are of one moment.

        Rows that only registrations have, and no mail, are left out.
        """
        rows = [row for row in rows if any(row.counts.get(state) for state in STATES)]
        sums: Counter[str] = Counter()
        for row in rows:
            sums.update(row.counts)
        return cls(
            summary=MailCounts.model_validate(MailCounts.counts(sums)),
            rows=[UtmCounts.model_validate({**MailCounts.counts(row.counts), **row.keys}) for row in rows],
            as_of=as_of,
        )
