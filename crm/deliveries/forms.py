"""What an address may ask of the list of mails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crm.analytics import deeds
from crm.analytics.store import OUTCOMES, STATES
from crm.core import errors
from crm.core.utm import PARAMETERS

# How an address asks for all mails whose state is not final.
OPEN = "open"
MAX_LENGTH = 200
_CHOICES = {"state": (*STATES, OPEN), "outcome": OUTCOMES, "did": tuple(deeds.ASKED)}
FIRST_YEAR, LAST_YEAR = 1900, 2200


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which mails to list. `utm` holds the parameters given; an empty value there means mails without one.

    `outcome`: one that SES told; `did`: one of `deeds.ASKED`, empty for any.
    """

    utm: Mapping[str, str]
    state: str | None
    outcome: str | None
    did: str
    campaign_id: str | None
    since: datetime | None
    before: datetime | None


def wanted(given: Mapping[str, str]) -> Wanted:
    """Read the query string.

    Raises:
        errors.Invalid: naming each parameter with a bad value.
    """
    chosen = {name: given.get(name, "") for name in _CHOICES}
    utm = {name: given[name] for name in PARAMETERS if name in given}
    times, problems = _times(given)
    problems |= {
        name: f"One of {', '.join(_CHOICES[name])}."
        for name, value in chosen.items()
        if value and value not in _CHOICES[name]
    }
    problems |= {name: f"At most {MAX_LENGTH} characters." for name, text in utm.items() if len(text) > MAX_LENGTH}
    if problems:
        raise errors.Invalid(problems)
    state, outcome = chosen["state"] or None, chosen["outcome"] or None
    campaign = given.get("campaign_id") or None
    return Wanted(utm, state, outcome, chosen["did"], campaign, times["from"], times["before"])


def _times(given: Mapping[str, str]) -> tuple[dict[str, datetime | None], dict[str, str]]:
    """Return the bounds that could be read, and what is wrong with the others."""
    times: dict[str, datetime | None] = {}
    problems: dict[str, str] = {}
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
    return times, problems


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment
