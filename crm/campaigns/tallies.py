"""Sums over a campaign's mails that can be put aside, taken up again and added together."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crm.deliveries.entities import FINAL, SKIPPED, Delivery

# Mails sent more than once are all counted, and so many of them named; the ledger has them all.
NAMED = 100


@dataclass(slots=True)
class Tally:
    """Counts of mails: by state, left out by reason, sent by outcome. `calls`: how often SES was called for them.

    `duplicates` names mails that SES accepted more than once, at most `NAMED` of `duplicated`. `open_since`: the oldest
    change of any mail that is not final, None where all are.
    """

    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    duplicated: int = 0
    duplicates: list[str] = field(default_factory=list)
    open_since: datetime | None = None

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

    def add(self, other: "Tally") -> None:
        """Add what was counted elsewhere."""
        self.states += other.states
        self.reasons += other.reasons
        self.outcomes += other.outcomes
        self.calls += other.calls
        self._note_duplicates(other.duplicated, other.duplicates)
        if other.open_since is not None:
            self._note_open(other.open_since)

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
            "open_since": None if self.open_since is None else self.open_since.isoformat(),
        }


def from_json(stored: Mapping[str, Any]) -> Tally:
    """Return what `to_json` made."""
    since = stored["open_since"]
    return Tally(
        states=Counter(stored["states"]),
        reasons=Counter(stored["reasons"]),
        outcomes=Counter(stored["outcomes"]),
        calls=stored["calls"],
        duplicated=stored["duplicated"],
        duplicates=list(stored["duplicates"]),
        open_since=None if since is None else datetime.fromisoformat(since),
    )
