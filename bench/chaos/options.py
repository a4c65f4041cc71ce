"""What a run is asked for: sizes, the seed, and how long it waits."""

from dataclasses import dataclass
from pathlib import Path

from tests.integration.faults import Faults

# What DynamoDB does to a stack behind the fault proxy, as shares of its requests.
DYNAMODB_FAULTS = Faults(conflicts=0.05, drops=0.005, throttles=0.02)
# News of a mail in doubt is waited for 15 minutes; then it is held. The rest is for finding and counting.
SETTLED_WITHIN_S = 17 * 60.0


@dataclass(frozen=True, slots=True)
class Options:
    """One run. None stands for the scenario's own size."""

    folder: Path
    seed: int
    mails: int | None = None
    kills: int | None = None
    rate: float = 200.0
    settle_s: float = SETTLED_WITHIN_S
    away_s: float = 300.0

    def sized(self, mails: int) -> int:
        """Return how many mails to send."""
        return mails if self.mails is None else self.mails

    def hits(self, kills: int) -> int:
        """Return how many processes to kill."""
        return kills if self.kills is None else self.kills

    @property
    def may_be_open(self) -> frozenset[str]:
        """States that are no loss yet where the run does not wait for their end."""
        return frozenset() if self.settle_s >= SETTLED_WITHIN_S else frozenset({"sending", "unknown"})
