"""What an address may ask of the list of mails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crm.analytics import deeds
from crm.analytics.store import OUTCOMES, STATES
from crm.core import errors, stretches
from crm.core.utm import PARAMETERS

# How an address asks for all mails whose state is not final.
OPEN = "open"
MAX_LENGTH = 200
_CHOICES = {"state": (*STATES, OPEN), "outcome": OUTCOMES, "did": tuple(deeds.ASKED)}


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
    times, problems = stretches.read(given)
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
