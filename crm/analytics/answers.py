"""Answers made of sums over mails by any keys, whatever engine adds them up."""

from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from crm.analytics import time_steps
from crm.analytics.store import Point, Question, Row
from crm.core import errors
from crm.core.utm import PARAMETERS
from crm.search.sqlite_codec import moment
from crm.search.sqlite_rollups import BUCKET

_DIMENSIONS = (*PARAMETERS, "campaign_id")
MAX_VALUES = 200


class Answers(ABC):
    """The part of the AnalyticsStore that is the same for every engine."""

    @abstractmethod
    def _sums(self, question: Question, keys: Sequence[str]) -> Counter[tuple[str, ...]]:
        """Return combination of keys -> number of mails. `bucket` counts quarter hours since 1970."""

    def summary(self, question: Question) -> Mapping[str, int]:
        return {state: count for (state,), count in self._sums(question, ("state",)).items()}

    def by(self, question: Question, dimensions: Sequence[str]) -> Sequence[Row]:
        if strange := set(dimensions) - set(_DIMENSIONS):
            raise errors.Invalid(dict.fromkeys(strange, "There is no such dimension."))
        states: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
        for (*keys, state), count in self._sums(question, (*dimensions, "state")).items():
            states[tuple(keys)][state] = count
        ranked = sorted(states.items(), key=lambda item: (-item[1].get("sent", 0), item[0]))
        return [Row(dict(zip(dimensions, keys, strict=True)), counts) for keys, counts in ranked]

    def series(self, question: Question, interval: str, timezone: str) -> Sequence[Point]:
        zone, step = time_steps.zone(timezone), time_steps.step(interval)
        counts: dict[datetime, Counter[str]] = defaultdict(Counter)
        for (bucket, state), count in self._sums(question, ("bucket", "state")).items():
            counts[step.start(moment(int(bucket) * BUCKET), zone)][state] += count
        if not counts:
            return []
        # Where a clock is set back by half an hour, an hour has a start of its own that the steps pass over.
        starts = sorted({*step.between(min(counts), max(counts), zone), *counts})
        return [Point(start.astimezone(zone), dict(counts[start])) for start in starts]

    def campaign_states(self, campaign_id: str) -> tuple[Mapping[str, int], Mapping[str, int]]:
        states: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        question = Question(campaign_id=campaign_id)
        for (state, reason), count in self._sums(question, ("state", "reason")).items():
            states[state] += count
            if state == "skipped":
                reasons[reason] += count
        return states, reasons
