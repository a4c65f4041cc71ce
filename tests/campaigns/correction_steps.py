"""What tests of corrections begin with: a campaign whose mails are accepted or not, and is over."""

from concurrent.futures import ThreadPoolExecutor

from crm.campaigns import actions, audiences, expansion, freezing
from crm.campaigns.entities import Campaign
from crm.core import clock
from crm.core.changes import Change, documents
from crm.core.utm import NO_UTM
from crm.deliveries import repository as deliveries
from crm.deliveries import transitions
from crm.deliveries.entities import Delivery
from crm.deliveries.repository import DeliveryItem
from crm.search import engine, filters
from tests import factories
from tests.campaigns.audience_steps import finished, found, frozen, never, started


def mailed(number: int, shards: int = 1) -> tuple[Campaign, list[Delivery]]:
    """Return a campaign with mails that all wait."""
    people = [factories.person(company="TechCorp").id for _ in range(number)]
    campaign = frozen(started(filters.from_query({"company": "TechCorp"})), shards)
    with ThreadPoolExecutor(2) as pool:
        assert expansion.expand(campaign, pool, never)
    mails = [mail for shard in range(shards) for mail in deliveries.page(campaign.id, shard)[0]]
    assert {mail.person_id for mail in mails} == set(people)
    return found(campaign), mails


def accept(mail: Delivery) -> None:
    """Have SES take a mail."""
    claimed = transitions.claim(mail, claim_id="c", email=mail.email, now=clock.now())
    assert claimed is not None
    assert transitions.sent(claimed, "m", clock.now())


def over(campaign: Campaign) -> None:
    """End a campaign all of whose mails are final."""
    show(campaign)
    assert finished(campaign)


def show(campaign: Campaign) -> None:
    """Bring a campaign's mails into the read model."""
    for shard in range(campaign.shards):
        rows = DeliveryItem.query(f"MAIL#{campaign.id}#{shard}", consistent_read=True)
        engine.show(documents(Change(item, int(item.version)) for item in rows))


def correct(campaign: Campaign) -> actions.Started:
    """Ask for a correction of a campaign."""
    return actions.correct(
        campaign_id=campaign.id, subject="Sorry", body="The right room is 7.", utm=NO_UTM, actor=factories.ACTOR
    )


def freeze(correction: Campaign) -> bool:
    """Freeze a correction's audience. Return whether that came to its end."""
    return freezing.freeze(correction, shards=lambda _: 1, stop=never)


def audience(campaign: Campaign) -> list[str]:
    """Return whom a frozen audience holds, once for each time that it does."""
    chunks = (audiences.chunk(campaign.id, campaign.freeze_id, number) for number in range(campaign.chunks))
    return [person_id for chunk in chunks for person_id in chunk]
