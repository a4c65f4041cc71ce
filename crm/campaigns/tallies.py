"""Sums over a campaign's mails that can be put aside, taken up again and added together."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from crm.deliveries.entities import FINAL, HELD, SKIPPED, Delivery

# Mails sent more than once are all counted, and so many of them named; the ledger has them all.
NAMED = 100
# So many reasons are told apart of mails that are not settled; the rest count together, under this one.
REASONS, OTHERS = 20, "…"


@dataclass(slots=True)
class Wait:
    """Mails that are in one state for one reason: how many, since when the first of them, and when the last of them is
    due to move on by itself, None where nothing is. Of those that are held, staff decide."""

    mails: int
    since: datetime
    until: datetime | None

    def add(self, other: "Wait") -> None:
        """Add others of the same state and reason."""
        self.mails += other.mails
        self.since = min(self.since, other.since)
        self.until = max(filter(None, (self.until, other.until)), default=None)


@dataclass(slots=True)
class Tally:
    """Counts of mails: by state, left out by reason, sent by outcome. `calls`: how often SES was called for them.

    `duplicates` names mails that SES accepted more than once, at most `NAMED` of `duplicated`. `open_since`: the oldest
    change of any mail that is not final, None where all are. `waits` has these and the held ones by state and reason.
    """

    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    duplicated: int = 0
    duplicates: list[str] = field(default_factory=list)
    open_since: datetime | None = None
    waits: dict[tuple[str, str], Wait] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many mails were counted."""
        return self.states.total()

    @property
    def is_final(self) -> bool:
        """Whether every mail that was counted was final."""
        return self.states.keys() <= FINAL

    def count(self, mails: Iterable[Delivery]) -> None:
        """Add some mails."""
        for mail in mails:
            self.states[mail.state] += 1
            if mail.state == SKIPPED:
                self.reasons[mail.reason] += 1
            if mail.outcome:
                self.outcomes[mail.outcome] += 1
            self.calls += mail.attempt - mail.returned
            if mail.other_message_ids:
                self._note_duplicates(1, [mail.id])
            if not mail.is_final:
                self._note_open(mail.state_at)
            if not mail.is_final or mail.state == HELD:
                self._note_wait((mail.state, mail.reason), Wait(1, mail.state_at, mail.due_at))

    def add(self, other: "Tally") -> None:
        """Add what was counted elsewhere."""
        self.states += other.states
        self.reasons += other.reasons
        self.outcomes += other.outcomes
        self.calls += other.calls
        self._note_duplicates(other.duplicated, other.duplicates)
        if other.open_since is not None:
            self._note_open(other.open_since)
        for key, wait in other.waits.items():
            self._note_wait(key, wait)

    def _note_wait(self, key: tuple[str, str], wait: Wait) -> None:
        state, reason = key
        if reason and key not in self.waits and len(self.waits) >= REASONS:
            key = (state, OTHERS)
        if key in self.waits:
            self.waits[key].add(wait)
        else:
            self.waits[key] = replace(wait)

    def _note_duplicates(self, number: int, ids: list[str]) -> None:
        self.duplicated += number
        self.duplicates = (self.duplicates + ids)[:NAMED]

    def _note_open(self, since: datetime) -> None:
        self.open_since = since if self.open_since is None else min(self.open_since, since)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON knows it."""
        return {
            "states": dict(self.states),
            "reasons": dict(self.reasons),
            "outcomes": dict(self.outcomes),
            "calls": self.calls,
            "duplicated": self.duplicated,
            "duplicates": self.duplicates,
            "open_since": _written(self.open_since),
            "waits": [
                [state, reason, wait.mails, _written(wait.since), _written(wait.until)]
                for (state, reason), wait in self.waits.items()
            ],
        }


def from_json(stored: Mapping[str, Any]) -> Tally:
    """Return what `to_json` made, in this release or an earlier one."""
    return Tally(
        states=Counter(stored["states"]),
        reasons=Counter(stored["reasons"]),
        outcomes=Counter(stored["outcomes"]),
        calls=stored["calls"],
        duplicated=stored["duplicated"],
        duplicates=list(stored["duplicates"]),
        open_since=_read(stored["open_since"]),
        waits={
            (state, reason): Wait(mails, datetime.fromisoformat(since), _read(until))
            for state, reason, mails, since, until in stored.get("waits", [])
        },
    )


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _read(moment: str | None) -> datetime | None:
    return None if moment is None else datetime.fromisoformat(moment)
