"""What an SES event does. Every effect may be repeated, and no order of events matters.

Whatever one event says of one address is one transaction: the mail's outcome, the do-not-mail entry, the person who
unsubscribed, and the audit entries. So nothing is ever half done, and an event that was told again finds all of it.
"""

import logging
from dataclasses import replace
from datetime import datetime

from crm.audit import repository as audit
from crm.campaigns import layouts
from crm.core import addresses, clock, transaction
from crm.core.text import has_controls
from crm.core.transaction import Patience, Transaction
from crm.deliveries import letters, outcomes, transitions
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import SENT, Delivery
from crm.engagement import actions as engagement
from crm.feedback import repository
from crm.feedback.entities import ACTOR, MailEvent
from crm.people import repository as people
from crm.suppressions import actions as suppressing
from crm.suppressions import repository as suppressions
from crm.suppressions.entities import MAX_EMAIL, MAX_REASON, Suppression

log = logging.getLogger(__name__)


def take(event: MailEvent) -> None:
    """Do what an event says. When this returns, it is stored.

    Raises:
        errors.Busy, PynamoDBException: DynamoDB is away. Some of it may be stored; taking the event again is safe.
    """
    mail = _found(event)
    if mail is None:
        log.warning("SES event %s is about no mail of ours (message %s)", event.name, event.news.message_id)
    for address in _addresses(event, mail) if event.is_about_addresses else [""]:
        mail = _taken(event, address, mail)
    if mail is not None and event.mail is not None:
        if mail.state != SENT:
            log.warning("SES event %s about mail %s contradicts its state %s", event.name, mail.id, mail.state)
        if event.seen is not None:
            seen = (
                replace(event.seen, link=layouts.number_of(event.mail.source, event.link)) if event.link else event.seen
            )
            engagement.record(event.mail, seen, key=event.key)
        elif event.is_delivery:
            # The first moment told: a later telling must not make machines of people who had read it by then.
            engagement.delivered(event.mail, mail.delivered_at or event.at)


def _found(event: MailEvent) -> Delivery | None:
    ref = event.mail
    return None if ref is None else deliveries.find(ref.source, ref.shard, ref.person_id, ref.step)


def _addresses(event: MailEvent, mail: Delivery | None) -> list[str]:
    """Return whom it is about, each once. The mail's own address comes first, spelled as we know it.

    A bounce names the mailbox that it ended in, which need not be the one that was written to.
    """
    own = {addresses.normalised(_ascii(mail.email)): mail.email} if mail is not None and mail.email else {}
    named = {addresses.normalised(one): one for one in event.recipients if _can_be_address(one)}
    return list((own | named | own).values())


def _ascii(email: str) -> str:
    try:
        return letters.ascii_address(email)
    except letters.Unmailable:
        return email


def _can_be_address(text: str) -> bool:
    return "@" in text and len(text) <= MAX_EMAIL and not has_controls(text)


def _taken(event: MailEvent, address: str, mail: Delivery | None) -> Delivery | None:
    """Store what an event says of its mail and of one address (empty: of none); return the mail as it then is."""
    patience = transaction.Patience()
    while True:
        told = None if mail is None else outcomes.after(mail, event.news, clock.now())
        if _is_stored(event, address, mail, told, patience):
            return told
        patience.wait()
        mail = _found(event)


def _is_stored(
    event: MailEvent, address: str, read: Delivery | None, told: Delivery | None, patience: Patience
) -> bool:
    """Store what was decided on what was read. False: that changed meanwhile."""
    if not address:
        return read is None or told is None or told == read or transitions.settle(read, told)
    tx = transaction.begin(patience)
    if read is not None and told is not None and told != read:
        transitions.settle_in(tx, read, told)
    lifted_at = suppressions.lifted_at(address)
    # Staff who let an address be mailed again knew of what had happened until then.
    if lifted_at is None or lifted_at < event.at:
        _suppress(tx, event, address, lifted_at)
        if event.is_complaint:
            _unsubscribe(tx, event, address, read)
    try:
        tx.commit()
    except transaction.Refused:
        return False
    return True


def _suppress(tx: Transaction, event: MailEvent, address: str, lifted_at: datetime | None) -> None:
    """Mail an address no more that complained, bounced for good, or bounced too often since it was last let go."""
    at: datetime | None = event.at
    if event.is_transient:
        known = repository.find(address)
        bounces = known.with_one(event.at, event.key)
        if bounces != known:
            repository.keep(tx, address, bounces)
        at = bounces.too_many_at(lifted_at)
    if at is not None:
        suppressing.tell(tx, Suppression(address, event.reason[:MAX_REASON], at, event.cause), ACTOR)


def _unsubscribe(tx: Transaction, event: MailEvent, address: str, mail: Delivery | None) -> None:
    """Unsubscribe who has the address, and whom the mail was for, from all campaigns' mail."""
    of_mail = mail.person_id if mail is not None and mail.email == address else None
    for person_id in {people.id_by_email(address), of_mail} - {None}:
        person = people.find(str(person_id))
        if person is None or person.unsubscribed:
            continue
        people.subscribe(tx, person, unsubscribed=True, unsubscribed_from=person.unsubscribed_from)
        before, after = {"unsubscribed": False}, {"unsubscribed": True, "why": event.reason[:MAX_REASON]}
        audit.record(tx, kind="person", id=person.id, action="unsubscribed", actor=ACTOR, before=before, after=after)
