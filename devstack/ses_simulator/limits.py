"""The account's two limits, counted in recipients as SES does: so many in any second, so many in any 24 hours."""

from collections import deque
from collections.abc import Iterable

from devstack.ses_simulator.faults import NO_QUOTA, Faults

_DAY_S = 86_400
_SLOT_S = 60


class Rate:
    """At most `max_send_rate` recipients in any second, stricter than SES, which lets short bursts pass.

    A call with several recipients passes while any of the allowance is left, as on SES, and uses it up for those after.
    A rate below 1 means one in as many seconds as it takes.
    """

    def __init__(self) -> None:
        self._taken: deque[float] = deque()

    def take(self, max_send_rate: float, recipients: int, now: float) -> bool:
        """Count a call, or tell that it comes too soon."""
        if max_send_rate <= 0:
            return False
        window, allowed = (1.0, int(max_send_rate)) if max_send_rate >= 1 else (1 / max_send_rate, 1)
        while self._taken and self._taken[0] <= now - window:
            self._taken.popleft()
        if len(self._taken) >= allowed:
            return False
        # What one call took beyond the allowance is paid back second by second.
        self._taken.extend(now + window * (number // allowed) for number in range(recipients))
        return True


class Quota:
    """Recipients accepted in the last 24 hours, to the minute."""

    def __init__(self, minutes: Iterable[tuple[int, int]]) -> None:
        """`minutes` are those of the last day, as (seconds since 1970 ÷ 60, recipients), oldest first."""
        self._slots = deque(minutes)
        self._total = sum(count for _, count in self._slots)

    def add(self, recipients: int, now: float) -> None:
        """Count what was accepted."""
        slot = int(now // _SLOT_S)
        before = self._slots.pop()[1] if self._slots and self._slots[-1][0] == slot else 0
        self._slots.append((slot, before + recipients))
        self._total += recipients

    def sent(self, faults: Faults, now: float) -> int:
        """Return how many count against the quota now; those that the settings pretend are part of them."""
        oldest = int((now - _DAY_S) // _SLOT_S)
        while self._slots and self._slots[0][0] <= oldest:
            self._total -= self._slots.popleft()[1]
        return self._total + faults.sent_24h

    def is_used_up(self, faults: Faults, now: float) -> bool:
        """Tell whether nothing more may be sent now."""
        return faults.max_24h != NO_QUOTA and self.sent(faults, now) >= faults.max_24h
