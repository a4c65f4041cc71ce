"""What the script did, written down as it was done: what a count of the rows must come to."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.week.rows import Touch


@dataclass(slots=True)
class Journey:
    """The tagged visits of one browser so far, by the rules of cookies: the first and the last count."""

    first: Touch | None = None
    last: Touch | None = None

    def came(self, touch: Touch) -> None:
        """Note a visit; one that says nothing changes nothing."""
        if any(touch):
            self.first, self.last = self.first or touch, touch


@dataclass(slots=True)
class Diary:
    """Mails by what people did with them, and (`…_all`) machines; who registered where, and what led them there."""

    opened: set[str] = field(default_factory=set)
    opened_all: set[str] = field(default_factory=set)
    clicked: set[str] = field(default_factory=set)
    clicked_all: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    # (event's slug, address) -> (first touch, last touch), of those who have a place or wait.
    credits: dict[tuple[str, str], tuple[Touch | None, Touch | None]] = field(default_factory=dict)
    cancelled: set[tuple[str, str]] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def did(self, mail: str, kinds: Iterable[str]) -> None:
        """Note what was done with a mail: names of the sets above."""
        with self._lock:
            for kind in kinds:
                getattr(self, kind).add(mail)

    def registered(self, slug: str, address: str, journey: Journey) -> None:
        """Note a registration; who is on it already keeps what led them there."""
        with self._lock:
            self.credits.setdefault((slug, address), (journey.first, journey.last))
            self.cancelled.discard((slug, address))

    def gave_up(self, slug: str, address: str) -> None:
        """Note that somebody gave up their place."""
        with self._lock:
            del self.credits[slug, address]
            self.cancelled.add((slug, address))

    def wrong(self, what: str) -> None:
        """Note an answer that nobody should get."""
        with self._lock:
            self.problems.append(what)
