"""The port through which everybody asks the read model of numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crm.core.utm import PARAMETERS

STATES = ("pending", "sending", "sent", "failed", "skipped", "cancelled", "unknown", "held")
# What became of those sent, as SES tells later.
OUTCOMES = ("delayed", "delivered", "rejected", "bounced", "complained")
# What was done with a mail: by a human, and (`_all`) by anything.
DEEDS = ("opened", "opened_all", "clicked", "clicked_all", "unsubscribed")
# Registrations that have a place, and those of them who came: each counted at its first touch and at its last.
CREDITS = ("registered_first", "registered_last", "attended_first", "attended_last")
MEASURES = (*STATES, *OUTCOMES, *DEEDS, *CREDITS)


# What numbers can be grouped by.
DIMENSIONS = (*PARAMETERS, "campaign_id")


@dataclass(frozen=True, slots=True)
class Question:
    """Which mails to count. Empty strings mean any; times are aware, `since` included, `before` not."""

    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    campaign_id: str = ""
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Measure -> number, for one value of the grouped dimensions."""

    keys: Mapping[str, str]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Point:
    """Measure -> number, of one stretch of time; `start` is aware, in the viewer's zone."""

    start: datetime
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CampaignEngagement:
    """How many people did what with a campaign's mail: humans first, beside them everybody, machines included.

    `opens` and `clicks` count each single one, machines' too.
    """

    opened: int = 0
    opened_all: int = 0
    opens: int = 0
    clicked: int = 0
    clicked_all: int = 0
    clicks: int = 0
    unsubscribed: int = 0


@dataclass(frozen=True, slots=True)
class MailEngagement:
    """How often one mail was opened and clicked: by humans, and by anything."""

    opens: int = 0
    opens_all: int = 0
    clicks: int = 0
    clicks_all: int = 0
    unsubscribes: int = 0


@dataclass(frozen=True, slots=True)
class LinkRow:
    """Numbers of one link of a campaign's mail, by `mail_links.MEASURES`; `campaign_id` is '' for mails of no campaign.

    `link` counts from 1; 0 is any that is not known: the hidden link that only machines follow, or one that SES told of
    by an address that is in no mail of ours.
    """

    campaign_id: str
    link: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A figure whose roll-up is not the number of its rows."""

    figure: str
    rolled_up: int
    counted: int


class AnalyticsStore(Protocol):
    """Numbers of mails by UTM triple, campaign and the time at which each mail came into its state.

    Every mail counts for the one of `STATES` that it is in, for the one of `OUTCOMES` that SES told, if any, and for
    each of `DEEDS` that was done with it, whenever that was: a mail that was opened in March counts where it was sent.
    Every registration with a place counts for `CREDITS`, by the visits that led to it and when it got its place; one
    that nothing led to counts where UTM parameters and campaign are ''.
    """

    def summary(self, question: Question, measures: Sequence[str] = MEASURES) -> Mapping[str, int]:
        """Return measure -> number, for the mails of campaigns and confirmations alike, and for registrations.

        Of `measures` alone, which are then all that is read.
        """

    def by(self, question: Question, dimensions: Sequence[str]) -> Sequence[Row]:
        """Group by any of utm_source, utm_medium, utm_campaign, campaign_id; most sent first."""

    def links(self, question: Question) -> Sequence[LinkRow]:
        """Return the clicked links of the question's mails, those that humans clicked in most mails first.

        A click counts where its mail does: a mail of the period counts whenever it was clicked.
        """

    def series(
        self, question: Question, interval: str, timezone: str, measures: Sequence[str] = MEASURES
    ) -> Sequence[Point]:
        """Return points per `interval` (hour, day, week) from the first to the last with any, gaps filled with 0.

        Of `measures` alone, which are then all that is read.

        Raises:
            errors.Invalid: naming `interval` or `timezone`: there is no such one, or there are too many points.
        """

    def places(self, question: Question, touch: str, keys: Sequence[str], event_id: str = "") -> Sequence[Row]:
        """Group registrations by any of event_id and the UTM parameters of a touch (first, last), in no order.

        Measures: `registered_<touch>` and `attended_<touch>`, by when they got their place, and `waitlisted_<touch>`:
        those who wait now, whenever they came. `event_id` '' means any.
        """

    def places_series(
        self, question: Question, touch: str, interval: str, timezone: str, event_id: str
    ) -> Sequence[Point]:
        """Return the same of one event's places as points, as `series` does. Nobody is counted as waiting."""

    def campaign_states(self, campaign_id: str) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """Return state -> number, and reason -> number of the skipped."""

    def campaign_engagement(self, campaign_id: str) -> CampaignEngagement:
        """Return how many people opened and clicked a campaign's mail, and unsubscribed from within it."""

    def mail_engagement(self, mail_ids: Sequence[str]) -> Mapping[str, MailEngagement]:
        """Return mail -> what was done with it, for those with which anything was."""

    def campaign_outcomes(self, campaign_id: str) -> Mapping[str, int]:
        """Return outcome -> number of a campaign's mails, all of `OUTCOMES`; `hard_bounced` are among `bounced`."""

    def mismatches(self) -> Sequence[Mismatch]:
        """Count all rows anew and return the figures that are rolled up otherwise. Reads every row: no page asks it."""

    def values(self, dimension: str) -> Sequence[str]:
        """Return the distinct non-empty values of a UTM dimension, at most 200.

        Those that most mails and registrations have come first, a registration counted once for each touch.
        """
