"""What people without an account do: register themselves, and give their place back.

Nobody has proven that an address is theirs. So nothing known about its person is changed or shown, and who asks gets
the same answer whether the address was known, registered already, or new: a mail to it says what is the case.
"""

from crm.core import addresses, clock, errors, rates, transaction
from crm.core.touches import Touches
from crm.deliveries import actions as deliveries
from crm.deliveries import hints
from crm.events.entities import Event
from crm.people import actions as people
from crm.people import repository as people_store
from crm.people.entities import Person, PersonFields, cleaned
from crm.registrations import actions as registrations
from crm.registrations.entities import Registration

VISITOR = "visitor"
# Forms that one address on the internet may send for one event, and registrations that all of them together ask for:
# a form that registers nobody must not close the event to others.
_TRIES, _RUSH, _WINDOW_S = 60, 6_000, 600
# How often one e-mail address may be registered, at whatever events: each brings it a mail.
_MAILS, _HOUR_S = 10, 3_600


def admit(event: Event, client: str) -> None:
    """Count one try to register from an address on the internet.

    Raises:
        errors.TooMany: it tries too often.
    """
    rates.spend(f"register:{event.id}:{client}", _TRIES, _WINDOW_S)


def register(*, event: Event, name: str, email: str, touches: Touches, consent: str) -> None:
    """Register whoever has this address, adding them where nobody has; a mail tells them how things stand.

    `consent`: what whoever sent the form agreed to, kept with the moment in the person's history.

    An address that was registered too often within the hour is left alone, without a word: it may be somebody else's.

    Raises:
        errors.Invalid: name or address break a rule.
        errors.Conflict: the event was cancelled, or is over.
        errors.TooMany: everybody together registers too often.
        errors.Busy: too many at once; a person may have been added, nobody was registered.
    """
    if event.is_cancelled:
        raise errors.Conflict("This event is cancelled.")
    _refuse_over(event)
    first, last = _names(name)
    fields = cleaned(PersonFields(email=email, first_name=first, last_name=last))
    try:
        rates.spend(f"register-mail:{addresses.digest(fields.email)}", _MAILS, _HOUR_S)
    except errors.TooMany:
        return
    rates.spend(f"register:{event.id}", _RUSH, _WINDOW_S)
    person_id, consent = _somebody(fields, consent)
    outcome = registrations.register(
        event_id=event.id, person_id=person_id, actor=VISITOR, touches=touches, mails_waiting=True, consent=consent
    )
    if not outcome.is_new:
        _remind(event, person_id, consent)


def cancel(*, event: Event, person_id: str) -> Registration:
    """Give somebody's place back, or take them off the waitlist; again changes nothing.

    Raises:
        errors.Conflict: the event is over.
        errors.NotFound, errors.Busy: as `registrations.cancel`.
    """
    _refuse_over(event)
    return registrations.cancel(event_id=event.id, person_id=person_id, actor=VISITOR)


def _refuse_over(event: Event) -> None:
    if event.fields.end_at <= clock.now():
        raise errors.Conflict("This event is over.")


def _names(name: str) -> tuple[str, str]:
    first, _, last = name.strip().rpartition(" ")
    return (first.strip(), last) if first else (last, "")


def _somebody(fields: PersonFields, consent: str) -> tuple[str, str]:
    """Return who has the address, and the consent that is still to be kept: a new person's is kept with them."""
    known = people_store.id_by_email(fields.email)
    if known is not None:
        return known, consent
    try:
        return people.create(fields=fields, actor=VISITOR, consent=consent).id, ""
    except errors.Conflict:
        # Somebody else added them this very moment.
        known = people_store.id_by_email(fields.email)
        if known is None:
            raise errors.Busy from None
        return known, consent


def _remind(event: Event, person_id: str, consent: str) -> None:
    person: Person | None = people_store.find(person_id)
    if person is None:
        return
    tx = transaction.begin()
    deliveries.remind(tx, person=person, event=event)
    people.agree(tx, person.id, consent, actor=VISITOR)
    try:
        tx.commit()
    except transaction.Refused:
        return  # They were reminded within this hour.
    hints.wake("confirmations")
