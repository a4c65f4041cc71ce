"""Stretches of time that an address asks for: `from` is included, `before` is not."""

from collections.abc import Mapping
from datetime import datetime

FIRST_YEAR, LAST_YEAR = 1900, 2200
NAMES = ("from", "before")


def read(given: Mapping[str, str]) -> tuple[dict[str, datetime | None], dict[str, str]]:
    """Return the bounds that could be read, None where not given, and what is wrong with the others."""
    times: dict[str, datetime | None] = {}
    problems: dict[str, str] = {}
    for name in NAMES:
        try:
            moment = _moment(given.get(name, ""))
        except ValueError:
            problems[name] = "Give a time with its offset, such as 2025-08-01T00:00:00Z."
            continue
        # At the ends of the calendar a time cannot be carried from one zone to another.
        if moment is not None and not FIRST_YEAR <= moment.year <= LAST_YEAR:
            problems[name] = f"Between the years {FIRST_YEAR} and {LAST_YEAR}."
        times[name] = moment
    return times, problems


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment
