"""Answers made of sums over mails by any keys, whatever engine adds them up."""

from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from crm.analytics import time_steps
from crm.analytics.store import DIMENSIONS, MEASURES, STATES, LinkRow, Point, Question, Row
from crm.core import errors
from crm.core.utm import PARAMETERS
from crm.search.sqlite_codec import moment
from crm.search.sqlite_rollups import SKIPPED_FOR
from crm.search.sqlite_tallies import BUCKET

MAX_VALUES = 200
# Three years of days, or four months of hours.
MAX_POINTS = 3_000


class Answers(ABC):
    """The part of the AnalyticsStore that is the same for every engine."""

    @abstractmethod
    def _sums(self, question: Question, keys: Sequence[str], measures: Sequence[str] = ()) -> Counter[tuple[str, ...]]:
        """Return combination of keys and measure -> number, of these measures at least; none: of all.

        Mails left out count for why, too: `skipped:<reason>`.
        """

    @abstractmethod
    def _moments(self, question: Question, measures: Sequence[str], step: int) -> Counter[tuple[str, ...]]:
        """Return quarter hour since 1970 and measure -> number, of these measures at least.

        Of each `step` quarter hours, all may be counted under the first.
        """

    @abstractmethod
    def _placed(
        self, question: Question, touch: str, keys: Sequence[str], event_id: str, step: int = 1
    ) -> Counter[tuple[str, ...]]:
        """Return combination of keys and measure -> number of registrations with a place, or with none yet.

        `step` as in `_moments`.
        """

    @abstractmethod
    def _linked(self, question: Question) -> Counter[tuple[str, ...]]:
        """Return campaign, link and measure -> number."""

    def summary(self, question: Question, measures: Sequence[str] = MEASURES) -> Mapping[str, int]:
        sums = self._sums(question, (), measures)
        return {measure: count for (measure,), count in sums.items() if measure in measures}

    def by(self, question: Question, dimensions: Sequence[str]) -> Sequence[Row]:
        if strange := set(dimensions) - set(DIMENSIONS):
            raise errors.Invalid(dict.fromkeys(strange, "There is no such dimension."))
        sums = self._sums(question, dimensions, MEASURES)
        found = _grouped({key: count for key, count in sums.items() if key[-1] in MEASURES})
        ranked = sorted(found.items(), key=lambda item: (-item[1].get("sent", 0), item[0]))
        return [Row(dict(zip(dimensions, keys, strict=True)), counts) for keys, counts in ranked]

    def links(self, question: Question) -> Sequence[LinkRow]:
        found = _grouped(self._linked(question))
        rows = [LinkRow(campaign, int(link), counts) for (campaign, link), counts in found.items()]
        return sorted(rows, key=lambda row: (-row.counts.get("clicked", 0), row.campaign_id, row.link))

    def series(
        self, question: Question, interval: str, timezone: str, measures: Sequence[str] = MEASURES
    ) -> Sequence[Point]:
        step = time_steps.quarter_hours(time_steps.zone(timezone), interval)
        sums = self._moments(question, measures, step)
        return _points({key: count for key, count in sums.items() if key[-1] in measures}, interval, timezone)

    def places(self, question: Question, touch: str, keys: Sequence[str], event_id: str = "") -> Sequence[Row]:
        if strange := set(keys) - {*PARAMETERS, "event_id"}:
            raise errors.Invalid(dict.fromkeys(strange, "There is no such dimension."))
        found = _grouped(self._placed(question, touch, keys, event_id))
        return [Row(dict(zip(keys, values, strict=True)), counts) for values, counts in found.items()]

    def places_series(
        self, question: Question, touch: str, interval: str, timezone: str, event_id: str
    ) -> Sequence[Point]:
        step = time_steps.quarter_hours(time_steps.zone(timezone), interval)
        return _points(self._placed(question, touch, ("bucket",), event_id, step), interval, timezone)

    def campaign_states(self, campaign_id: str) -> tuple[Mapping[str, int], Mapping[str, int]]:
        counts = {measure: count for (measure,), count in self._sums(Question(campaign_id=campaign_id), ()).items()}
        reasons = {
            measure.removeprefix(SKIPPED_FOR): count for measure, count in counts.items() if SKIPPED_FOR in measure
        }
        return {state: count for state, count in counts.items() if state in STATES}, reasons


def _grouped(sums: Mapping[tuple[str, ...], int]) -> dict[tuple[str, ...], dict[str, int]]:
    """Return combination of keys -> measure -> number."""
    found: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
    for (*keys, measure), count in sums.items():
        found[tuple(keys)][measure] = count
    return found


def _points(sums: Mapping[tuple[str, ...], int], interval: str, timezone: str) -> Sequence[Point]:
    zone, step = time_steps.zone(timezone), time_steps.step(interval)
    counts: dict[datetime, Counter[str]] = defaultdict(Counter)
    moments = {bucket: moment(int(bucket) * BUCKET) for bucket, _ in sums}
    start_of = step.starts(moments.values(), zone)
    for (bucket, measure), count in sums.items():
        counts[start_of[moments[bucket]]][measure] += count
    if not counts:
        return []
    if (max(counts) - min(counts)) / step.length > MAX_POINTS:
        raise errors.Invalid({"interval": f"More than {MAX_POINTS:,} of these. Take longer ones, or a period."})
    starts = step.between(min(counts), max(counts), zone)
    return [Point(start.astimezone(zone), dict(counts[start])) for start in starts]
