"""What an address may ask of the list of mails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crm.analytics import deeds
from crm.analytics.store import OUTCOMES, STATES
from crm.core import narrowing

# How an address asks for all mails whose state is not final.
OPEN = "open"
_CHOICES = {"state": (*STATES, OPEN), "outcome": OUTCOMES, "did": tuple(deeds.ASKED)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which mails to list. `utm` holds the parameters given; an empty value there means mails without one.

    `outcome`: one that SES told; `did`: one of `deeds.ASKED`, empty for any; `link`: the number of a clicked one;
    `campaign_id`: '' for the mails of no campaign, None for all.
    """

    utm: Mapping[str, str]
    state: str | None
    outcome: str | None
    did: str
    link: int | None
    campaign_id: str | None
    since: datetime | None
    before: datetime | None


def wanted(given: Mapping[str, str]) -> Wanted:
    """Read the query string.

    Raises:
        errors.Invalid: naming each parameter with a bad value.
    """
    asked = narrowing.read(given, _CHOICES)
    state, outcome = asked.chosen["state"] or None, asked.chosen["outcome"] or None
    link, campaign = deeds.link(given.get("link", "")), given.get("campaign_id")
    return Wanted(asked.utm, state, outcome, asked.chosen["did"], link, campaign, asked.since, asked.before)
