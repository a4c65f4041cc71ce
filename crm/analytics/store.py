"""The port through which everybody asks the read model of numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

STATES = ("pending", "sending", "sent", "failed", "skipped", "cancelled", "unknown", "held")
# Not final: these may still become something else by themselves.
OPEN_STATES = ("pending", "sending", "unknown")


@dataclass(frozen=True, slots=True)
class Question:
    """Which mails to count. Empty strings mean any; times are aware, `since` included, `before` not."""

    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    campaign_id: str = ""
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Counts of mails by state for one value of the grouped dimensions."""

    keys: Mapping[str, str]
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Point:
    """Counts by state of one stretch of time; `start` is aware, in the viewer's zone."""

    start: datetime
    states: Mapping[str, int]


class AnalyticsStore(Protocol):
    """Roll-ups by UTM triple, campaign and quarter hour of the time each mail's state was entered."""

    def summary(self, question: Question) -> Mapping[str, int]:
        """Return state -> number of mails, for the mails of campaigns and confirmations alike."""

    def by(self, question: Question, dimensions: Sequence[str]) -> Sequence[Row]:
        """Group by any of utm_source, utm_medium, utm_campaign, campaign_id; most sent first."""

    def series(self, question: Question, interval: str, timezone: str) -> Sequence[Point]:
        """Return points per `interval` (hour, day, week) from the first to the last with mails, gaps filled with 0."""

    def campaign_states(self, campaign_id: str) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """Return state -> number, and reason -> number of the skipped."""

    def values(self, dimension: str) -> Sequence[str]:
        """Return the distinct non-empty values of a UTM dimension, commonest first, at most 200."""
