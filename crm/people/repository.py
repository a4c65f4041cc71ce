"""People in DynamoDB. Labels: `email` taken; `person` gone, changed meanwhile, or still owning events; `charge:<id>`
of somebody who cannot be put in charge of an event."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import asdict
from datetime import datetime

from pynamodb.attributes import Attribute
from pynamodb.expressions.update import Action

from crm.core import dynamo
from crm.core.transaction import Transaction
from crm.people.entities import Charge, Person, PersonFields
from crm.people.tables import (
    EMAIL_SK,
    LEFT_SK,
    PERSON_SK,
    EmailItem,
    LeftItem,
    PersonItem,
    email_pk,
    email_pk_of,
    person_pk,
)

_PRESENT = PersonItem.deleted == False  # noqa: E712 - builds an expression
_KNOWN = PersonItem.pk.exists()
# What a deleted person keeps: id, version, and what a walk still needs to let go of.
_KEPT_WHEN_DELETED = {"pk", "sk", "type", "version", "deleted", "revision", "created_at", "updated_at", "in_charge_of"}
_COUNTERS = ("events_registered", "events_attended", "events_hosted", "owned")


def find(person_id: str) -> Person | None:
    """Read a person consistently; None where unknown or deleted."""
    item = dynamo.get(PersonItem, person_pk(person_id), PERSON_SK)
    return None if item is None or item.deleted else _entity(item)


def find_many(person_ids: Iterable[str]) -> dict[str, Person]:
    """Read people consistently, by id; unknown and deleted ones are left out."""
    found = dynamo.get_many(PersonItem, [(person_pk(i), PERSON_SK) for i in person_ids])
    people = [_entity(item) for item in found.values() if not item.deleted]
    return {person.id: person for person in people}


def id_by_email(email: str) -> str | None:
    """Return who holds this address, read consistently."""
    item = dynamo.get(EmailItem, email_pk(email), EMAIL_SK)
    return None if item is None else item.person_id


def ids_by_digest(digests: Iterable[str]) -> dict[str, str]:
    """Return who holds the addresses of these digests, read consistently in batches; free ones are left out."""
    asked = {email_pk_of(digest): digest for digest in digests}
    found = dynamo.get_many(EmailItem, [(pk, EMAIL_SK) for pk in asked])
    return {asked[item.pk]: item.person_id for item in found.values()}


def left_kinds_by_digest(digests: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Read the same as `left_kinds` for the addresses of these digests, in batches; those without any are left out."""
    asked = {email_pk_of(digest): digest for digest in digests}
    found = dynamo.get_many(LeftItem, [(pk, LEFT_SK) for pk in asked])
    return {asked[item.pk]: tuple(item.kinds) for item in found.values()}


def left_kinds(email: str) -> tuple[str, ...]:
    """Read what kinds of mail whoever had this address wanted none of when they were deleted."""
    item = dynamo.get(LeftItem, email_pk(email), LEFT_SK)
    return () if item is None else tuple(item.kinds)


def create(tx: Transaction, person: Person) -> None:
    """Store a new person and claim their address, with the `unsubscribed_from` read from `left_kinds`."""
    values = {**asdict(person.fields), "tags": list(person.fields.tags)}
    tx.create(
        PersonItem(
            person_pk(person.id),
            PERSON_SK,
            **values,
            phone_e164=person.phone_e164,
            unsubscribed=person.unsubscribed,
            unsubscribed_from=list(person.unsubscribed_from),
            **{name: getattr(person, name) for name in _COUNTERS},
            created_at=person.created_at,
            updated_at=person.updated_at,
        ),
        label="person",
    )
    claim_email(tx, person.id, person.fields.email)
    if person.unsubscribed_from:
        tx.delete(LeftItem(email_pk(person.fields.email), LEFT_SK), LeftItem.pk.exists(), label="email")


def claim_email(tx: Transaction, person_id: str, email: str) -> None:
    """Make the address this person's; refused as `email` where it is taken."""
    tx.create(EmailItem(email_pk(email), EMAIL_SK, person_id=person_id), label="email")


def free_email(tx: Transaction, person_id: str, email: str) -> None:
    """Give the address back, only if it is this person's."""
    sentinel = EmailItem(email_pk(email), EMAIL_SK)
    tx.delete(sentinel, EmailItem.person_id == person_id, label="person")


def same_address(one: str, other: str) -> bool:
    """Tell whether two spellings share a sentinel."""
    return email_pk(one) == email_pk(other)


def change(tx: Transaction, person: Person, fields: PersonFields, phone_e164: str, now: datetime) -> None:
    """Replace what people type, raising the revision; refused as `person` if it was edited since."""
    values = {**asdict(fields), "tags": list(fields.tags)}
    actions: list[Action] = [getattr(PersonItem, name).set(value) for name, value in values.items()]
    actions += [
        PersonItem.phone_e164.set(phone_e164),
        PersonItem.updated_at.set(now),
        PersonItem.revision.add(1),
    ]
    unchanged = (PersonItem.revision == person.revision) & _PRESENT
    tx.update(_key(person.id), actions, unchanged, label="person")


def subscribe(tx: Transaction, person: Person, *, unsubscribed: bool, unsubscribed_from: Sequence[str]) -> None:
    """Set what campaign mail somebody wants none of; refused as `person` if that, or they, changed since.

    The revision stays: what somebody is editing about a person does not clash with it.
    """
    actions: list[Action] = [
        PersonItem.unsubscribed.set(unsubscribed),
        PersonItem.unsubscribed_from.set(list(unsubscribed_from)),
    ]
    # Its only other writer is somebody else's unsubscribing, which raises the version.
    tx.update(_key(person.id), actions, _PRESENT & (PersonItem.version == person.version), label="person")


def delete(tx: Transaction, person: Person, now: datetime) -> None:
    """Leave id, version and `deleted`; refused as `person` where it still owns events or changed since."""
    kept = _KEPT_WHEN_DELETED.union(_COUNTERS)
    cleared: list[Attribute[object]] = [a for name, a in PersonItem.get_attributes().items() if name not in kept]
    actions: list[Action] = [attribute.remove() for attribute in cleared]
    actions += [PersonItem.deleted.set(True), PersonItem.updated_at.set(now), PersonItem.revision.add(1)]
    # By the version: who unsubscribes meanwhile must not be deleted as somebody who had not.
    free = (PersonItem.version == person.version) & _PRESENT
    tx.update(_key(person.id), actions, free & (PersonItem.owned == 0), label="person")
    free_email(tx, person.id, person.fields.email)
    if person.unsubscribed_from:
        left = LeftItem(email_pk(person.fields.email), LEFT_SK, kinds=list(person.unsubscribed_from))
        tx.create(left, label="person", or_if=LeftItem.pk.exists())


def count(tx: Transaction, person_id: str, *, registered: int = 0, attended: int = 0, label: str = "person") -> None:
    """Move what a person's registrations count; refused as `label` where they are deleted."""
    moves = {"events_registered": registered, "events_attended": attended}
    actions: list[Action] = [getattr(PersonItem, name).add(by) for name, by in moves.items() if by]
    tx.update(_key(person_id), actions, _PRESENT, label=label)


def charge(tx: Transaction, person_id: str, event_id: str, change: Charge) -> None:
    """Record that a person takes on, keeps or leaves an event, moving both counters; refused as `charge:<person>`."""
    events = {event_id}
    actions: list[Action] = []
    if change.takes_on:
        actions.append(PersonItem.in_charge_of.add(events))
    if change.leaves:
        actions.append(PersonItem.in_charge_of.delete(events))
    actions += [PersonItem.events_hosted.add(change.hosted)] if change.hosted else []
    actions += [PersonItem.owned.add(change.owned)] if change.owned else []
    # Somebody deleted meanwhile cannot take on anything, but the event they had goes on without being held up.
    tx.update(_key(person_id), actions, _PRESENT if change.takes_on else _KNOWN, label=f"charge:{person_id}")


def in_charge_of(person_id: str) -> Set[str]:
    """Return the events a person, deleted or not, owns or hosts, read consistently."""
    item = dynamo.get(PersonItem, person_pk(person_id), PERSON_SK)
    return frozenset(item.in_charge_of or ()) if item is not None else frozenset()


def _key(person_id: str) -> PersonItem:
    return PersonItem(person_pk(person_id), PERSON_SK)


def _entity(item: PersonItem) -> Person:
    return Person(
        id=item.pk.removeprefix("PERSON#"),
        fields=PersonFields(
            email=item.email,
            first_name=item.first_name,
            last_name=item.last_name,
            phone_number=item.phone_number,
            avatar=item.avatar,
            gender=item.gender,
            job_title=item.job_title,
            company=item.company,
            city=item.city,
            state=item.state,
            tags=tuple(item.tags),
        ),
        phone_e164=item.phone_e164,
        unsubscribed=item.unsubscribed,
        unsubscribed_from=tuple(item.unsubscribed_from),
        events_registered=int(item.events_registered),
        events_attended=int(item.events_attended),
        events_hosted=int(item.events_hosted),
        owned=int(item.owned),
        revision=int(item.revision),
        version=int(item.version),
        created_at=item.created_at,
        updated_at=item.updated_at,
    )
