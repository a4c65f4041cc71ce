"""Rehearsing a mail before it is sent: who would get one with a hole in it, for want of what stands in a field.

Asked of the read model, whose answer costs as much as filtering people. Whoever loses a value between the rehearsal and
their mail gets none: it fails, with the reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm.campaigns.entities import Mail
from crm.core import errors
from crm.deliveries import layout, merge
from crm.deliveries.layout import Pieces
from crm.deliveries.merge import FIELDS, Field, Use
from crm.people.entities import PersonFields
from crm.search import engine
from crm.search.documents import PersonDocument
from crm.search.filters import And, Condition, Filter, Or, narrowed

SHOWN = 20
# Whom mails may go to, whatever their kind.
REACHABLE = (Condition("suppressed", "is", (False,)), Condition("unsubscribed", "is", (False,)))


@dataclass(frozen=True, slots=True)
class Gap:
    """A field without a default, and how many recipients have no value for it. `within`: subject or body."""

    field: Field
    within: str
    people: int
    where: Filter

    @property
    def problem(self) -> str:
        """What is wrong and how to mend it, in words."""
        who = "1 person has" if self.people == 1 else f"{self.people:,} people have"
        return f"{who} no {self.field.noun}. Write a default, such as {merge.proposed(self.field)}."


@dataclass(frozen=True, slots=True)
class Lacking:
    """Somebody who would get a mail with a hole, and what they have no value for."""

    person: PersonDocument
    nouns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What stands in the way of sending. `people`: the first of all `total` who lack something; `where` finds them."""

    gaps: Sequence[Gap]
    people: Sequence[Lacking]
    total: int
    where: Filter

    @property
    def problems(self) -> Mapping[str, str]:
        """What to say beside subject and body."""
        return {
            within: " ".join(gap.problem for gap in self.gaps if gap.within == within)
            for within in ("subject", "body")
            if any(gap.within == within for gap in self.gaps)
        }


def readers(where: Filter, kind: str) -> Filter:
    """Return those of whom a filter matches that a mail of this kind goes to."""
    return narrowed(where, *REACHABLE, Condition("unsubscribed_from", "is_not", (kind,)))


def lacking(where: Filter, kind: str, fields: Sequence[Field]) -> Filter:
    """Return those readers who have no value for one of the fields."""
    return narrowed(readers(where, kind), Or(tuple(map(_empty, fields))))


def got(campaign_id: str) -> Filter:
    """Return whom a correction goes to: those who got a campaign's mail, as far as the read model knows by now."""
    return Condition("got_campaign", "is", (campaign_id,))


def of(where: Filter, mail: Mail, kind: str) -> Rehearsal:
    """Rehearse a mail of a kind to whom a filter matches.

    Raises:
        errors.Invalid: naming `subject` or `body`: the mail cannot be laid out.
    """
    laid_out = layout.of(mail.subject, mail.body, mail.utm)
    uses = {"subject": needed(laid_out.subject), "body": needed(laid_out.text)}
    fields = tuple(dict.fromkeys(field for its in uses.values() for field in its))
    asked, found = readers(where, kind), lacking(where, kind, fields)
    if not fields:
        return Rehearsal((), (), 0, found)
    page = engine.store().people(found, sort="email", limit=SHOWN)
    numbers = {field: _gap(asked, field, page.total if len(fields) == 1 else None) for field in fields if page.total}
    gaps = [
        Gap(field, within, *numbers[field])
        for within, its in uses.items()
        for field in its
        if field in numbers and numbers[field][0]
    ]
    return Rehearsal(gaps, [_lacking(person, fields) for person in page.items], page.total, found)


def demand(where: Filter, mail: Mail, kind: str) -> None:
    """Refuse a mail that would reach somebody with a hole in it.

    Raises:
        errors.Invalid: naming `subject` or `body`, and how many people lack what.
    """
    problems = of(where, mail, kind).problems
    if problems:
        raise errors.Invalid(problems)


def needed(pieces: Pieces) -> list[Field]:
    """Return the fields that people need a value for, as no default stands in for one."""
    uses = (piece for piece in pieces if isinstance(piece, Use) and piece.default is None)
    return list(dict.fromkeys(FIELDS[use.name] for use in uses))


def _empty(field: Field) -> Filter:
    return And(tuple(Condition(name, "empty") for name in field.attributes))


def _gap(where: Filter, field: Field, known: int | None) -> tuple[int, Filter]:
    lacking = narrowed(where, _empty(field))
    return engine.store().people(lacking, sort="email", limit=1).total if known is None else known, lacking


def _lacking(person: PersonDocument, fields: Sequence[Field]) -> Lacking:
    return Lacking(person, tuple(field.noun for field in fields if not field.of(fields_of(person))))


def fields_of(person: PersonDocument) -> PersonFields:
    """Return what a person is written to by, as the read model has them."""
    return PersonFields(
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        phone_number=person.phone_number,
        gender=person.gender,
        job_title=person.job_title,
        company=person.company,
        city=person.city,
        state=person.state,
        tags=person.tags,
    )
