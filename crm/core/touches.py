"""Touches: the visits that led somebody to a registration, each with where it came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crm.core import utm
from crm.core.utm import Utm


@dataclass(frozen=True, slots=True)
class Touch:
    """A visit that carries UTM parameters, or came from a mail of ours.

    Source, medium and campaign are the UTM triple, empty where not given, spelled as the link spells them: mails store
    theirs so, and both are counted together. `campaign_id` is our campaign, only where a token of ours says so.
    """

    source: str
    medium: str
    campaign: str
    campaign_id: str
    at: datetime

    @property
    def words(self) -> str:
        """The triple in words: newsletter / email / june."""
        return " / ".join(part or "(none)" for part in (self.source, self.medium, self.campaign))


@dataclass(frozen=True, slots=True)
class Touches:
    """The first and the last touch before a registration; both None where somebody came directly."""

    first: Touch | None = None
    last: Touch | None = None

    def then(self, touch: Touch | None) -> "Touches":
        """Return them after one more visit: a touch replaces the last one, an untagged visit nothing."""
        return self if touch is None else Touches(self.first or touch, touch)


DIRECT = Touches()


def of_visit(query: Mapping[str, str], at: datetime, *, campaign_id: str = "") -> Touch | None:
    """Return the touch that a visit to an address with this query is, None for a visit that says nothing."""
    return of_utm(utm.read(query), at, campaign_id=campaign_id)


def of_utm(given: Utm, at: datetime, *, campaign_id: str = "") -> Touch | None:
    """Return the touch of a UTM triple, None where there is neither one of the three nor a campaign."""
    if not (given.parameters() or campaign_id):
        return None
    return Touch(given.source, given.medium, given.campaign, campaign_id, at)
