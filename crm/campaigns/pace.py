"""How fast a campaign goes, and when it will be through, by the mails that SES accepted within the last moments."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.analytics import engine as analytics
from crm.analytics.store import Question
from crm.campaigns.entities import SENDING, Campaign
from crm.campaigns.progress import Progress
from crm.core import clock
from crm.search import engine

# Long enough to be steady, short enough to follow a change of the limits.
WINDOW, LEAST = timedelta(seconds=20), timedelta(seconds=3)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """Mails a second, and the time that is left at that rate. `now` is as old as the counts are."""

    per_second: float
    left: timedelta
    now: datetime

    @property
    def rate(self) -> str:
        """The rate in words."""
        if self.per_second >= 1:
            return f"{self.per_second:,.0f} a second"
        return f"{max(1, round(self.per_second * 60))} a minute"

    @property
    def time_left(self) -> str:
        """The time left in words, never shorter than it is."""
        if self.left <= MINUTE:
            return "less than a minute left"
        if self.left <= HOUR:
            return f"about {math.ceil(self.left / MINUTE)} min left"
        return f"about {math.ceil(self.left / HOUR)} h left"

    @property
    def done_at(self) -> datetime:
        """When it will be through."""
        return self.now + self.left


def of(campaign: Campaign, progress: Progress) -> Pace | None:
    """Return the pace of a campaign that is being sent; None while there is nothing to tell it by."""
    left = progress.to_go + progress.unqueued
    if campaign.state != SENDING or not left:
        return None
    now = engine.store().freshness().as_of or clock.now()
    # It was set off, or resumed, when it was changed last.
    since = max(now - WINDOW, campaign.updated_at)
    if now - since < LEAST:
        return None
    sent = analytics.store().summary(Question(campaign_id=campaign.id, since=since, before=now)).get("sent", 0)
    if not sent:
        return None
    rate = sent / (now - since).total_seconds()
    return Pace(rate, timedelta(seconds=left / rate), now)
