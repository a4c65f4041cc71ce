"""Single clicks, narrowed as a page's address says: those behind a number of the analytics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crm.analytics import deeds, link_table
from crm.analytics.columns import ALL, HUMAN
from crm.core import narrowing
from crm.engagement import classification
from crm.search import engine
from crm.search.documents import CampaignDocument, EngagementDocument, PersonDocument
from crm.search.store import Page

HIDDEN_LINK, UNKNOWN_LINK = "The hidden link", "An unknown link"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which clicks to list: of mails with these UTM parameters ('': without one), of a campaign ('': of none).

    `since` and `before` bound the time at which the mail came into its state, for a click counts where its mail does.
    """

    utm: Mapping[str, str]
    campaign_id: str | None
    link: int | None
    traffic: str
    since: datetime | None
    before: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """A click with whose it was, which link it was, and why a machine is said to have done it, '' for humans.

    `person` and `campaign` are None where they are not known; `mail` is what the campaign is called.
    """

    click: EngagementDocument
    person: PersonDocument | None
    campaign: CampaignDocument | None
    link: str
    why: str

    @property
    def mail(self) -> str:
        """What the campaign is called."""
        return self.campaign.name if self.campaign else link_table.OTHER_MAIL


def wanted(given: Mapping[str, str]) -> Wanted:
    """Read the query string.

    Raises:
        errors.Invalid: naming each parameter with a bad value.
    """
    asked = narrowing.read(given, {"traffic": (HUMAN, ALL)})
    link = deeds.link(given.get("link", ""))
    traffic = asked.chosen["traffic"] or HUMAN
    return Wanted(asked.utm, given.get("campaign_id"), link, traffic, asked.since, asked.before)


def page(which: Wanted, cursor: str | None, *, limit: int) -> Page[EngagementDocument]:
    """Return a page of them, newest first."""
    return engine.store().clicks(
        campaign_id=which.campaign_id,
        link=which.link,
        by_human=which.traffic == HUMAN,
        utm=which.utm,
        entered_from=which.since,
        entered_before=which.before,
        limit=limit,
        cursor=cursor,
    )


def rows(found: Sequence[EngagementDocument]) -> list[Row]:
    """Join clicks with their people, their campaigns and where the links lead."""
    store, ids = engine.store(), sorted({click.campaign_id for click in found if click.campaign_id})
    people = store.people_by_id([click.person_id for click in found])
    campaigns, links = store.campaigns_by_id(ids), store.mail_links(ids)
    return [
        Row(
            click=click,
            person=people.get(click.person_id),
            campaign=campaigns.get(click.campaign_id or ""),
            link=_link(click, links.get(click.campaign_id or "", ())),
            why=classification.REASONS.get(click.why, click.why),
        )
        for click in found
    ]


def _link(click: EngagementDocument, links: Sequence[str]) -> str:
    if click.link:
        return link_table.text(links, click.link)
    return HIDDEN_LINK if click.why == classification.HIDDEN else UNKNOWN_LINK
