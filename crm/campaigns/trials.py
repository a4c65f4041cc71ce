"""Test sends: a mail to one address before it goes to many, through the outbox like any other.

A test belongs to no campaign, so no count of one includes it. It is filled in with somebody's fields as they were when
it was asked for, but is nobody's mail: who clicks or unsubscribes in it does so for no person.
"""

from dataclasses import asdict, replace
from datetime import timedelta

from django.conf import settings

from crm.audit import repository as audit
from crm.campaigns import rehearsal
from crm.campaigns.entities import FIRST_REVISION, Mail, cleaned
from crm.campaigns.tables import TEST_SK, LayoutItem, TestItem, campaign_pk, layout_sk
from crm.core import clock, dynamo, errors, ids, transaction
from crm.deliveries import hints, layout, merge, tokens
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import MAIL_STEP, PENDING, SUBJECT_SHOWN, TEST, Delivery, shard_of
from crm.deliveries.layout import Layout
from crm.deliveries.press import Copy, Press
from crm.people import entities, repository
from crm.people.entities import Person, PersonFields

# Stands where a campaign's mail names its person.
NOBODY = "test"
# Longer than any test waits, and than anybody clicks in one.
KEPT = timedelta(days=30)
# Has something for every field a mail may show.
_NOBODYS = PersonFields(
    email="",
    first_name="Sam",
    last_name="Sample",
    phone_number="+1 555 0100",
    job_title="Organiser",
    company="Sample & Co",
    city="Springfield",
    state="Illinois",
)


def send_test(*, mail: Mail, to: str, person_id: str | None = None, actor: str) -> Delivery:
    """Send a mail to one address, with the fields of a person, or of a sample (None). It waits behind no campaign.

    Suppressions and unsubscribes do not matter: staff send it to themselves.

    Raises:
        errors.Invalid: naming each field of the mail that breaks a rule or has a hole for this person, or `to`.
        errors.NotFound: there is no such person.
        errors.Busy: DynamoDB is overloaded; nothing was written.
    """
    mail, sample = cleaned(mail), replace(_fields(person_id), email=_address(to))
    delivery = _delivery(mail, sample.email)
    pk, laid_out = campaign_pk(delivery.source), layout.of(mail.subject, mail.body, mail.utm)
    _demand(laid_out, sample)
    tx = transaction.begin()
    packed, until = layout.packed(laid_out), clock.now() + KEPT
    tx.create(LayoutItem(pk, layout_sk(FIRST_REVISION), layout=packed, expires_at=until), label="layout")
    tx.create(TestItem(pk, TEST_SK, sample=asdict(sample), expires_at=until), label="test")
    deliveries.add(tx, delivery)
    told = {"to": sample.email, "subject": mail.subject}
    audit.record(tx, kind="campaign", id=delivery.source, action="tested", actor=actor, after=told)
    tx.commit(delivery)
    hints.wake(hints.CONFIRMATIONS)
    return delivery


def recipient(test: Delivery) -> Person:
    """Return who a test is sent to: nobody's record, but the address asked for. Never fails."""
    return Person.added(NOBODY, PersonFields(email=test.email), test.created_at)


def letter(test: Delivery) -> Copy:
    """Return a test as it is to be sent, with the fields it shows.

    Raises:
        LookupError, TypeError: it expired meanwhile, or was stored by a release that knew other fields.
    """
    pk = campaign_pk(test.source)
    shown, laid_out = dynamo.get(TestItem, pk, TEST_SK), dynamo.get(LayoutItem, pk, layout_sk(FIRST_REVISION))
    if shown is None or laid_out is None:
        raise LookupError(test.id)
    fields = PersonFields(**{**shown.sample, "tags": tuple(shown.sample["tags"])})
    press = Press(layout.unpacked(laid_out.layout), settings.UNSUBSCRIBE_MAILBOX)
    return Copy(press, fields, tokens.of(test))


def _fields(person_id: str | None) -> PersonFields:
    if person_id is None:
        return _NOBODYS
    person = repository.find(person_id)
    if person is None:
        raise errors.NotFound("There is no such person.")
    return person.fields


def _demand(laid_out: Layout, fields: PersonFields) -> None:
    """Refuse a test that would come to nothing because these fields leave a hole in it."""
    problems = {
        within: f"The person shown has no {field.noun}. Write a default, such as {merge.proposed(field)}."
        for within, pieces in (("subject", laid_out.subject), ("body", laid_out.text))
        for field in rehearsal.needed(pieces)
        if not field.of(fields)
    }
    if problems:
        raise errors.Invalid(problems)


def _address(to: str) -> str:
    try:
        return entities.cleaned(PersonFields(email=to)).email
    except errors.Invalid as invalid:
        raise errors.Invalid({"to": invalid.fields["email"]}) from invalid


def _delivery(mail: Mail, address: str) -> Delivery:
    now, id_ = clock.now(), ids.new()
    return Delivery(
        source=id_,
        shard=0,
        person_id=NOBODY,
        step=MAIL_STEP,
        kind=TEST,
        email=address,
        subject=mail.subject[:SUBJECT_SHOWN],
        state=PENDING,
        state_at=now,
        created_at=now,
        due_at=now,
        due_shard=shard_of(id_, settings.OUTBOX_SHARDS),
    )
