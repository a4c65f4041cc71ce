"""Mails as lists of them show them: with the person's name, the state in words, and why it is so."""

from collections.abc import Sequence
from dataclasses import dataclass

from crm.deliveries.entities import (
    DELETED,
    EVENT_OFF,
    MOVED_UP,
    NO_ADDRESS,
    NOT_REGISTERED,
    SKIPPED,
    SUPPRESSED,
    UNSUBSCRIBED,
)
from crm.search import engine
from crm.search.documents import DeliveryDocument, PersonDocument

LEFT_OUT = "Left out"
REASONS = {
    SUPPRESSED: "On the do-not-mail list",
    UNSUBSCRIBED: "Unsubscribed",
    NO_ADDRESS: "No e-mail address",
    DELETED: "Deleted meanwhile",
    EVENT_OFF: "The event was cancelled",
    NOT_REGISTERED: "The registration was cancelled",
    MOVED_UP: "Has a place by now",
}


@dataclass(frozen=True, slots=True)
class MailRow:
    """One mail in a table. `label` is its state in words; empty where the state's own name will do."""

    mail: DeliveryDocument
    name: str
    is_known: bool
    label: str
    why: str


def rows(mails: Sequence[DeliveryDocument]) -> list[MailRow]:
    """Join mails with the people's names, as the read model has them."""
    people = engine.store().people_by_id([mail.person_id for mail in mails])
    return [_row(mail, people.get(mail.person_id)) for mail in mails]


def reason(code: str) -> str:
    """Return why somebody was left out, or a mail refused, in words."""
    return REASONS.get(code, code)


def _row(mail: DeliveryDocument, person: PersonDocument | None) -> MailRow:
    return MailRow(
        mail=mail,
        name=person.name if person is not None else mail.email or "Deleted person",
        is_known=person is not None,
        label=LEFT_OUT if mail.state == SKIPPED else "",
        why=reason(mail.reason),
    )
