"""What can be done to a campaign."""

from dataclasses import dataclass

from crm.audit import repository as audit
from crm.campaigns import repository
from crm.campaigns.entities import FIRST_REVISION, FREEZING, Campaign, Mail, cleaned
from crm.core import clock, ids, transaction
from crm.core.utm import Utm
from crm.deliveries import hints
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import FINAL
from crm.search import engine, filters
from crm.search.filters import Filter


@dataclass(frozen=True, slots=True)
class Started:
    """A campaign that has begun, and how many people its filter matched just before."""

    campaign: Campaign
    matched: int


def send(*, where: Filter, subject: str, body: str, utm: Utm, name: str = "", actor: str) -> Started:
    """Mail everybody whom the filter matches; the worker freezes the audience. Without a name the subject serves.

    Raises:
        errors.Invalid: naming each field that breaks a rule.
        errors.Busy: DynamoDB is overloaded; nothing was written.
    """
    mail = cleaned(Mail(name=name, subject=subject, body=body, utm=utm))
    campaign = _new(mail, where, actor)
    started = Started(campaign, engine.store().split(where).matched)
    tx = transaction.begin()
    repository.create(tx, campaign, mail.body)
    audit.record(tx, kind="campaign", id=campaign.id, action="started", actor=actor, after=_told(campaign))
    tx.commit(started)
    hints.wake(hints.CAMPAIGNS)
    return started


def _new(mail: Mail, where: Filter, actor: str) -> Campaign:
    now = clock.now()
    return Campaign(
        id=ids.new(),
        name=mail.name,
        subject=mail.subject,
        utm=mail.utm,
        where=where,
        state=FREEZING,
        revision=FIRST_REVISION,
        created_by=actor,
        created_at=now,
        updated_at=now,
    )


def finish(campaign: Campaign) -> bool:
    """End a campaign once everybody matched is accounted for and nothing can change by itself any more.

    Counts every mail consistently, so ask only when the due index shows none. Return whether it is finished.
    """
    states = deliveries.count_states(campaign.id, campaign.shards)
    if states.total() != campaign.matched or not states.keys() <= FINAL:
        return False
    tx = transaction.begin()
    repository.finish(tx, campaign, clock.now())
    try:
        tx.commit()
    except transaction.Refused:
        return False
    return True


def _told(campaign: Campaign) -> dict[str, object]:
    return {
        "name": campaign.name,
        "subject": campaign.subject,
        "where": filters.to_json(campaign.where),
        **campaign.utm.parameters(),
    }
