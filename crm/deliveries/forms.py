"""What an address may ask of the list of mails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crm.analytics.store import STATES
from crm.core import errors
from crm.core.utm import PARAMETERS

MAX_LENGTH = 200
FIRST_YEAR, LAST_YEAR = 1900, 2200


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which mails to list. `utm` holds the parameters given; an empty value there means mails without one."""

    utm: Mapping[str, str]
    state: str | None
    since: datetime | None
    before: datetime | None


def wanted(given: Mapping[str, str]) -> Wanted:
    """Read the query string.

    Raises:
        errors.Invalid: naming each parameter with a bad value.
    """
    problems: dict[str, str] = {}
    state = given.get("state") or None
    if state is not None and state not in STATES:
        problems["state"] = f"One of {', '.join(STATES)}."
    utm = {name: given[name] for name in PARAMETERS if name in given}
    problems |= {name: f"At most {MAX_LENGTH} characters." for name, text in utm.items() if len(text) > MAX_LENGTH}
    times: dict[str, datetime | None] = {}
    for name in ("from", "before"):
        try:
            moment = _moment(given.get(name, ""))
        except ValueError:
            problems[name] = "Give a time with its offset, such as 2025-08-01T00:00:00Z."
            continue
        # At the ends of the calendar a time cannot be carried from one zone to another.
        if moment is not None and not FIRST_YEAR <= moment.year <= LAST_YEAR:
            problems[name] = f"Between the years {FIRST_YEAR} and {LAST_YEAR}."
        times[name] = moment
    if problems:
        raise errors.Invalid(problems)
    return Wanted(utm, state, times["from"], times["before"])


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment
