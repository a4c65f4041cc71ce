"""What can be done to a person. Each action is one transaction: state, audit entry, and what follows from it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace

from crm.audit import repository as audit
from crm.core import clock, errors, ids, transaction, walks
from crm.people import repository
from crm.people.entities import AGREED, Person, PersonFields, cleaned, phone_e164

_TAKEN = "Somebody with this e-mail address exists already."
# What other features write in the transaction that deletes a person: they know people, people do not know them.
type Parting = Callable[[transaction.Transaction, Person, str], None]
_partings: list[Parting] = []
_STALE = "This person was changed meanwhile. Look at the newest version and try again."


def on_delete(parting: Parting) -> Parting:
    """Register what else is written when a person is deleted: called with the transaction, the person, the actor."""
    _partings.append(parting)
    return parting


def create(*, fields: PersonFields, actor: str, person_id: str | None = None, consent: str = "") -> Person:
    """Add a person. `consent`: what they agreed to by it, in the words they were shown.

    Raises:
        errors.Invalid: a field breaks a rule.
        errors.Conflict: the e-mail address is somebody's already, whatever its case.
    """
    tx = transaction.begin()
    fields = cleaned(fields)
    person = add_to(tx, fields, actor, person_id=person_id, left_kinds=repository.left_kinds(fields.email))
    agree(tx, person.id, consent, actor=actor)
    try:
        tx.commit(person)
    except transaction.Refused as refused:
        raise errors.Conflict(_TAKEN, field="email") from refused
    return person


def add_to(
    tx: transaction.Transaction,
    fields: PersonFields,
    actor: str,
    *,
    person_id: str | None = None,
    left_kinds: tuple[str, ...],
) -> Person:
    """Add a person of clean fields to an open transaction, with the audit entry; refused as `email` where taken.

    `left_kinds` as the repository reads them for the address.
    """
    person = Person.added(person_id or ids.new(), fields, clock.now(), left_kinds)
    repository.create(tx, person)
    audit.record(tx, kind="person", id=person.id, action="created", actor=actor, after=asdict(fields))
    return person


def agree(tx: transaction.Transaction, person_id: str, words: str, *, actor: str) -> None:
    """Note in an open transaction that somebody agreed to something just now, in these words; "" is nothing."""
    if words:
        audit.record(tx, kind="person", id=person_id, action=AGREED, actor=actor, after={"consent": words})


def change(*, person_id: str, fields: PersonFields, revision: int | None = None, actor: str) -> Person:
    """Replace every field. With `revision`, refuse if the person was edited since that one.

    Raises:
        errors.NotFound, errors.Invalid, errors.Conflict (address taken, or stale), errors.Busy.
    """
    return patch(person_id=person_id, values=asdict(fields), revision=revision, actor=actor)


def patch(*, person_id: str, values: Mapping[str, object], revision: int | None = None, actor: str) -> Person:
    """Change the named fields (as `PersonFields` spells them) and leave the others. Raises as `change` does."""
    patience = transaction.Patience()
    while True:
        person = _found(person_id)
        _refuse_stale(person, revision)
        fields = cleaned(replace(person.fields, **values))  # type: ignore[arg-type]
        try:
            return _changed(person, fields, actor, patience)
        except transaction.Refused as refused:
            if "email" in refused.labels:
                raise errors.Conflict(_TAKEN, field="email") from refused
            patience.wait()


def _changed(person: Person, fields: PersonFields, actor: str, patience: transaction.Patience) -> Person:
    tx = transaction.begin(patience)
    changed = change_in(tx, person, fields, actor)
    tx.commit(changed)
    return changed


def change_in(tx: transaction.Transaction, person: Person, fields: PersonFields, actor: str) -> Person:
    """Give a person as read other, clean fields in an open transaction, with the audit entry.

    Refused as `person` where they were edited since, as `email` where the address is somebody else's.
    """
    now = clock.now()
    phone = phone_e164(fields.phone_number)
    repository.change(tx, person, fields, phone, now)
    if not repository.same_address(fields.email, person.fields.email):
        repository.claim_email(tx, person.id, fields.email)
        repository.free_email(tx, person.id, person.fields.email)
    before, after = asdict(person.fields), asdict(fields)
    audit.record(tx, kind="person", id=person.id, action="edited", actor=actor, before=before, after=after)
    return replace(person, fields=fields, phone_e164=phone, revision=person.revision + 1, updated_at=now)


def delete(*, person_id: str, revision: int | None = None, actor: str) -> None:
    """Delete a person; the worker then cancels their registrations and takes them off the hosts of events.

    Raises:
        errors.NotFound, errors.Conflict (stale, or still owns events), errors.Busy.
    """
    patience = transaction.Patience()
    while True:
        person = _found(person_id)
        _refuse_stale(person, revision)
        if person.owned:
            raise errors.Conflict(f"{person.name} owns {person.owned} events. Give those another owner first.")
        tx = transaction.begin(patience)
        remove_in(tx, person, actor)
        walks.start(tx, kind=walks.PERSON, subject_id=person_id, actor=actor)
        try:
            return tx.commit()
        except transaction.Refused:
            patience.wait()


def remove_in(tx: transaction.Transaction, person: Person, actor: str) -> None:
    """Delete a person as read in an open transaction, with the audit entry and what follows for their address.

    Refused as `person` where anything about them changed since, their registrations among it. Those, and what they
    host, are left to a walk of the caller's; somebody who has none needs none.
    """
    repository.delete(tx, person, clock.now())
    audit.record(tx, kind="person", id=person.id, action="deleted", actor=actor, before=asdict(person.fields))
    for parting in _partings:
        parting(tx, person, actor)


def _found(person_id: str) -> Person:
    person = repository.find(person_id)
    if person is None:
        raise errors.NotFound("There is no such person.")
    return person


def _refuse_stale(person: Person, revision: int | None) -> None:
    if revision is not None and revision != person.revision:
        raise errors.Conflict(_STALE)
