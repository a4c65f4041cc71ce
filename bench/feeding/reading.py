"""Asks the read model without pause until told to end: `python -m bench.feeding.reading PEOPLE`, where a rig is.

Every answer must know at least so many people. Prints one line of JSON at the end, told by SIGTERM.
"""

import json
import signal
import sys
import time
from collections.abc import Callable
from threading import Event

import django

_PAUSE_S = 0.01


def main() -> None:
    """Ask and count."""
    django.setup()
    from crm.search import engine, filters  # noqa: PLC0415 - needs settings

    least, over = int(sys.argv[1]), Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    company = filters.from_query({"company": "Company 7"})
    questions: tuple[Callable[[], int], ...] = (
        lambda: engine.store().people(filters.EVERYONE, sort="-createdAt", limit=20).total,
        lambda: least if engine.store().people(company, sort="firstName", limit=20).total else 0,
        lambda: least if engine.store().registrations(event_id="event-007", limit=20).total else 0,
    )
    asked, slowest, errors = 0, 0.0, []
    while not over.wait(_PAUSE_S):
        began = time.monotonic()
        try:
            known = questions[asked % len(questions)]()
            if known < least:
                errors.append(f"only {known} people")
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
        asked += 1
        slowest = max(slowest, time.monotonic() - began)
    print(json.dumps({"questions": asked, "errors": len(errors), "first": errors[:3], "slowest_s": round(slowest, 3)}))


if __name__ == "__main__":
    main()
