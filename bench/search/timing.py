"""Times of calls, and a table of them."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

_WARM_UP = 3


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds by the clock, of one call each; and of this process's CPU, on average."""

    clock: list[float]
    cpu: float

    def percentile(self, percent: int) -> float:
        """Return the milliseconds that so many per cent of the calls took at most."""
        return statistics.quantiles(self.clock, n=100, method="inclusive")[percent - 1]

    def __str__(self) -> str:
        return f"{self.percentile(50):9.1f} {self.percentile(95):9.1f} {self.cpu:9.1f}"


def of(ask: Callable[[], object], times: int) -> Times:
    """Call some times, after a warm-up."""
    for _ in range(_WARM_UP):
        ask()
    taken = []
    cpu = time.process_time()
    for _ in range(times):
        started = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - started) * 1000)
    return Times(taken, (time.process_time() - cpu) * 1000 / times)


def in_turn(one: Callable[[], object], other: Callable[[], object], times: int) -> tuple[Times, Times]:
    """Call two in turn."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for ask, into in zip((one, other), taken, strict=True):
            started = time.perf_counter()
            ask()
            into.append((time.perf_counter() - started) * 1000)
    return Times(taken[0], 0), Times(taken[1], 0)
