"""How long a write takes to be in the lists: `python -m bench.feeding.lagging RATE SECONDS`, run where a rig is.

People are added at an even rate, through the product's repository and in its transactions. Nothing is shown to the
author, so each is seen when the projector has brought it. Prints one line of JSON; times are in seconds.
"""

import json
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import django

_WRITERS = 4
_LOOK_S = 0.01
_SEEN_WITHIN_S = 60.0


class _Observer:
    """Notes when rows come; asks the file itself, as lists do."""

    def __init__(self) -> None:
        self.seen: dict[str, float] = {}
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Begin to look, several dozen times a second."""
        self._thread.start()

    def stop(self) -> None:
        """Look no longer."""
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        from crm.search import engine  # noqa: PLC0415 - needs settings

        last = 0
        while not self._is_over.wait(_LOOK_S):
            with engine.sqlite_store().database.read() as connection:
                rows = connection.execute("SELECT n, id FROM people WHERE n > ? ORDER BY n", (last,)).fetchall()
            now = time.monotonic()
            for n, person_id in rows:
                last = n
                self.seen[person_id] = now


def _add(number: int) -> tuple[str, float]:
    """Add a person; return the id, and when the transaction was committed."""
    from crm.core import clock, ids, transaction  # noqa: PLC0415
    from crm.people import repository  # noqa: PLC0415
    from crm.people.entities import Person, PersonFields  # noqa: PLC0415

    fields = PersonFields(email=f"{number}-{ids.new()}@lag.example", first_name=f"Guest {number}")
    person = Person.added(ids.new(), fields, clock.now())
    tx = transaction.begin()
    repository.create(tx, person)
    tx.commit()
    return person.id, time.monotonic()


def measure(rate: float, seconds: float) -> Mapping[str, object]:
    """Write at that rate for as long; return how long each write took to be seen."""
    observer = _Observer()
    observer.start()
    began, wanted = time.monotonic(), int(rate * seconds)
    with ThreadPoolExecutor(_WRITERS) as pool:
        tries = []
        for number in range(wanted):
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
            tries.append(pool.submit(_add, number))
        written = dict(one.result() for one in tries)
    reached = wanted / (time.monotonic() - began)
    deadline = time.monotonic() + _SEEN_WITHIN_S
    while written.keys() - observer.seen.keys() and time.monotonic() < deadline:
        time.sleep(_LOOK_S)
    observer.stop()
    lags = sorted(max(0.0, observer.seen[one] - at) for one, at in written.items() if one in observer.seen)
    return {
        "writes": wanted,
        "writes a second": round(reached, 1),
        "never seen": wanted - len(lags),
        **{f"p{part}": round(lags[min(len(lags) - 1, len(lags) * part // 100)], 3) for part in (50, 95, 99)},
        "longest": round(lags[-1], 3),
    }


def main() -> None:
    """Measure and print."""
    django.setup()
    from crm.core import changes, dynamo  # noqa: PLC0415

    changes.set_sink(lambda _: None)
    dynamo.warm_up()
    print(json.dumps(measure(float(sys.argv[1]), float(sys.argv[2]))))


if __name__ == "__main__":
    main()
