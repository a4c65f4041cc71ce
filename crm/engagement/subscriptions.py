"""What people say themselves about getting campaign mail, from within a mail."""

from dataclasses import dataclass, replace

from crm.audit import repository as audit
from crm.campaigns import repository as campaigns
from crm.core import clock, ids, transaction
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import CAMPAIGN, TEST, Delivery
from crm.deliveries.tokens import MailRef
from crm.engagement import repository
from crm.engagement.entities import UNSUBSCRIBE, Engagement
from crm.people import repository as people
from crm.people.entities import Person
from crm.suppressions import actions as suppressions
from crm.suppressions import kinds
from crm.suppressions.entities import UNSUBSCRIBED, Suppression

RECIPIENT = "recipient"
LEFT, CAME_BACK = "unsubscribed", "subscribed again"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A mail, whom it went to (None: deleted since), and of what kind it is: empty where it is no campaign's.

    `barred`: what keeps mail from their address, whatever they want themselves.
    """

    mail: MailRef
    delivery: Delivery | None
    person: Person | None
    kind: str
    barred: Suppression | None = None

    @property
    def email(self) -> str:
        """The address the mail went to, empty where that is not known."""
        return self.delivery.email if self.delivery else ""

    @property
    def is_test(self) -> bool:
        """Whether the mail went to staff, to look at: what it says about its person is not theirs to change."""
        return self.delivery is not None and self.delivery.kind == TEST

    @property
    def has_left_all(self) -> bool:
        """Whether they get no campaign mail at all."""
        return self.barred is not None or (self.person is not None and self.person.unsubscribed)

    @property
    def may_undo(self) -> bool:
        """Whether subscribing again would bring them mail: not where their address is kept from it."""
        return self.person is not None and self.barred is None

    @property
    def gets_tickets(self) -> bool:
        """Whether what they ask for themselves is sent to them."""
        return self.barred is None or not self.barred.stops_all

    @property
    def has_left_kind(self) -> bool:
        """Whether they get none of this kind, though perhaps others."""
        return self.person is not None and self.kind in self.person.unsubscribed_from


def of(mail: MailRef) -> Subscription:
    """Return how things stand with a mail's recipient, read consistently."""
    campaign = campaigns.find(mail.source)
    delivery = deliveries.find(mail.source, mail.shard, mail.person_id, mail.step)
    person = people.find(mail.person_id)
    email = person.fields.email if person else delivery.email if delivery else ""
    return Subscription(
        mail=mail,
        delivery=delivery,
        person=person,
        kind=campaign.kind if campaign else "",
        barred=suppressions.standing(email),
    )


def unsubscribe(mail: MailRef, *, only_kind: bool = False) -> Subscription:
    """Send a mail's recipient no campaign mail any more, or none of its kind. Again changes nothing.

    Somebody deleted meanwhile may be added again: their address is suppressed instead.

    Raises:
        errors.Busy: too many writers at once; nothing was written.
    """
    patience = transaction.Patience()
    while True:
        found = of(mail)
        if found.is_test:
            return found
        if found.person is None:
            return _unsubscribed_nobody(found)
        wanted, action = _without(found, found.person, only_kind=only_kind)
        if _written(found, wanted, action, patience):
            return replace(found, person=wanted)


def undo(mail: MailRef) -> Subscription:
    """Send a mail's recipient campaign mail again, this kind among it. Raises as `unsubscribe` does.

    Nothing happens where their address is suppressed: mail would not come all the same.
    """
    patience = transaction.Patience()
    while True:
        found = of(mail)
        if found.is_test or found.person is None or not found.may_undo:
            return found
        others = tuple(kind for kind in found.person.unsubscribed_from if kind != found.kind)
        wanted = replace(found.person, unsubscribed=False, unsubscribed_from=others)
        if _written(found, wanted, CAME_BACK, patience):
            return replace(found, person=wanted)


def _without(found: Subscription, person: Person, *, only_kind: bool) -> tuple[Person, str]:
    """Return the person as they want it to be, and what they did, in words."""
    if only_kind and found.kind:
        left = tuple(sorted({*person.unsubscribed_from, found.kind}))
        return replace(person, unsubscribed_from=left), f"{LEFT} from {kinds.label(found.kind).lower()}"
    return replace(person, unsubscribed=True), f"{LEFT} from all mail"


def _written(found: Subscription, wanted: Person, action: str, patience: transaction.Patience) -> bool:
    """Store what somebody wants now, with who said so. False where they changed meanwhile: look again."""
    assert found.person is not None
    before, after = _told(found.person), _told(wanted)
    if before == after:
        return True
    tx = transaction.begin(patience)
    people.subscribe(tx, found.person, unsubscribed=wanted.unsubscribed, unsubscribed_from=wanted.unsubscribed_from)
    audit.record(tx, kind="person", id=wanted.id, action=action, actor=RECIPIENT, before=before, after=after)
    if action.startswith(LEFT):
        repository.add_to(tx, _row(found))
    try:
        tx.commit()
    except transaction.Refused:
        patience.wait()
        return False
    return True


def _unsubscribed_nobody(found: Subscription) -> Subscription:
    if found.email:
        suppressions.add(email=found.email, reason=UNSUBSCRIBED, actor=RECIPIENT)
    return found


def _told(person: Person) -> dict[str, object]:
    return {"unsubscribed": person.unsubscribed, "unsubscribed_from": list(person.unsubscribed_from)}


def _row(found: Subscription) -> Engagement:
    now = clock.now()
    mail_kind = found.delivery.kind if found.delivery else CAMPAIGN if found.kind else ""
    key = repository.row_id(now, ids.new())
    return Engagement(found.mail, key, mail_kind, UNSUBSCRIBE, now, link=0, agent="", why="")
