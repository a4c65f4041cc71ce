"""The memory of some processes, sampled while something goes on."""

import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from tests.integration import processes
from tests.integration.processes import Process

_EVERY_S = 0.5


class Sampler:
    """A context in which the proportional set sizes of all processes are added up, twice a second."""

    def __init__(self, wanted: Callable[[], Sequence[Process]]) -> None:
        self._wanted = wanted
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.samples_mb: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._over.wait(_EVERY_S):
            self.samples_mb.append(sum(processes.pss_kb(one.pid) for one in self._wanted()) / 1024)

    @property
    def most_mb(self) -> float:
        """The largest sum."""
        return max(self.samples_mb, default=0.0)

    def quarter_mb(self, number: int) -> float:
        """Return the largest sum in one quarter of the time, from 0 to 3: a kill leaves little to add up."""
        size = max(1, len(self.samples_mb) // 4)
        return max(self.samples_mb[number * size : (number + 1) * size], default=0.0)
