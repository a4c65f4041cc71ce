"""Campaigns whose people are in given states, in DynamoDB and in the read model alike."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from crm.campaigns import actions, closing, counting, expansion, proof
from crm.campaigns.entities import Campaign
from crm.core import clock
from crm.core.changes import Change, documents
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import FINAL, Delivery
from crm.deliveries.tables import DeliveryItem, delivery_pk
from crm.search import engine
from tests import factories
from tests.campaigns import audience_steps
from tests.deliveries.examples import mail


def sending(*states: str, **values: object) -> Campaign:
    """Begin a campaign that is being sent: one person in each state. `values` are those of every mail."""
    people = [factories.person().id for _ in states]
    return sent_to(audience_steps.started(), dict(zip(people, states, strict=True)), **values)


def with_mails(*mails: Mapping[str, object]) -> Campaign:
    """Begin a campaign that is being sent: one person for each mail, which has these values."""
    people = [factories.person().id for _ in mails]
    campaign = audience_steps.started()
    for person, values in zip(people, mails, strict=True):
        assert deliveries.create(replace(mail(person, campaign.id), **values))  # type: ignore[arg-type]
    return sent_to(campaign, {})


def sent_to(campaign: Campaign, states: Mapping[str, str], **values: object) -> Campaign:
    """Bring a new campaign's people into their states; to the rest of its audience it is still to be sent."""
    frozen = audience_steps.frozen(campaign)
    for person, state in states.items():
        assert deliveries.create(_mail(person, campaign, state, **values))
    with ThreadPoolExecutor(1) as pool:
        expansion.expand(frozen, pool, audience_steps.never)
    _show(campaign)
    return audience_steps.found(campaign)


def _mail(person: str, campaign: Campaign, state: str, **values: object) -> Delivery:
    due = None if state in FINAL else clock.now()
    reason = "unsubscribed" if state == "skipped" else ""
    given = {"state": state, "due_at": due, "reason": reason, **values}
    return replace(mail(person, campaign.id), **given)  # type: ignore[arg-type]


def cancelled(campaign: Campaign) -> Campaign:
    """Cancel a campaign, and with it the mails that wait, as staff and the worker do."""
    actions.cancel(campaign_id=campaign.id, actor=factories.ACTOR)
    with ThreadPoolExecutor(1) as pool:
        closing.close(audience_steps.found(campaign), 0, pool, audience_steps.never)
    _show(campaign)
    return audience_steps.found(campaign)


def _show(campaign: Campaign) -> None:
    """Bring a campaign's mails into the read model, as the stream does."""
    rows = DeliveryItem.query(delivery_pk(campaign.id, 0), consistent_read=True)
    engine.show(documents(Change(item, int(item.version)) for item in rows))


def counted(campaign: Campaign) -> None:
    """Count all its mails, as the worker does when it is asked to."""
    proof.ask(campaign.id)
    current = audience_steps.found(campaign)
    assert counting.run(current, 0, proof.mark(current), audience_steps.never, only_final=False)
    assert actions.prove(current)
