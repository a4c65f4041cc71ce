"""What a filter, a sort and a text search mean, in the plainest Python: the adapters have to agree with this."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from crm.core import addresses, clock
from crm.search.documents import (
    AnyDocument,
    DeliveryDocument,
    EngagementDocument,
    EventDocument,
    PersonDocument,
    RegistrationDocument,
    SuppressionDocument,
)
from crm.search.fields import FIELDS, Kind
from crm.search.filters import And, Condition, Filter, Not, Or, Period


@dataclass(frozen=True)
class World:
    """All documents there are besides people."""

    documents: tuple[AnyDocument, ...] = ()

    def of[Document: AnyDocument](self, kind: type[Document], person_id: str = "") -> list[Document]:
        """Return those of a kind, and about one person, that are not deleted."""
        return self._sorted.get((kind, person_id), [])

    def is_suppressed(self, person: PersonDocument) -> bool:
        """Tell whether a person's address may not be mailed."""
        return addresses.digest(person.email) in self._suppressed

    @cached_property
    def _sorted(self) -> dict[tuple[type, str], list[Any]]:
        found = defaultdict(list)
        for document in self.documents:
            if not document.deleted:
                found[type(document), getattr(document, "person_id", "")].append(document)
        return found

    @cached_property
    def _suppressed(self) -> set[str]:
        return {entry.id for entry in self.of(SuppressionDocument)}


NOTHING = World()


def key(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def matches(person: PersonDocument, where: Filter, world: World = NOTHING) -> bool:
    """Tell whether a person is meant."""
    match where:
        case And(parts):
            return all(matches(person, part, world) for part in parts)
        case Or(parts):
            return any(matches(person, part, world) for part in parts)
        case Not(part):
            return not matches(person, part, world)
        case Condition():
            return _condition(person, where, world)


def _condition(person: PersonDocument, condition: Condition, world: World) -> bool:
    field, op, values = condition.field, condition.op, condition.values
    texts = [key(str(value)) for value in values]
    tests: dict[Kind, Callable[[], bool]] = {
        Kind.SEARCH: lambda: _found(person, str(values[0])),
        Kind.ID: lambda: person.id in values,
        Kind.FLAG: lambda: (world.is_suppressed(person) if field == "suppressed" else person.unsubscribed) == values[0],
        Kind.TEXT: lambda: _text(key(getattr(person, field)), op, texts),
        Kind.TAGS: lambda: _any_of({key(tag) for tag in person.tags}, op, set(texts)),
        Kind.WORDS: lambda: _any_of({key(kind) for kind in person.unsubscribed_from}, op, set(texts)),
        Kind.CAMPAIGN: lambda: _any_of(_campaigns(person, field, world), op, set(map(str, values))),
        Kind.EVENT: lambda: _any_of(_events(person, field, world), op, set(map(str, values))),
        Kind.NUMBER: lambda: _number(_count(person, field, condition.within, world), op, list(values)),
        Kind.SCORE: lambda: _number(score(person, world), op, list(values)),
        Kind.TIME: lambda: _time(getattr(person, field), op, list(values)),
    }
    return tests[FIELDS[field].kind]()


def _text(actual: str, op: str, wanted: list[str]) -> bool:
    return {
        "is": lambda: actual == wanted[0],
        "is_not": lambda: actual != wanted[0],
        "one_of": lambda: actual in wanted,
        "contains": lambda: wanted[0] in actual,
        "starts_with": lambda: actual.startswith(wanted[0]),
        "empty": lambda: not actual,
        "not_empty": lambda: bool(actual),
    }[op]()


def _any_of(actual: set[str], op: str, wanted: set[str]) -> bool:
    return {
        "is": lambda: bool(actual & wanted),
        "one_of": lambda: bool(actual & wanted),
        "is_not": lambda: not actual & wanted,
        "empty": lambda: not actual,
        "not_empty": lambda: bool(actual),
    }[op]()


def _number(actual: int, op: str, wanted: list[Any]) -> bool:
    return {
        "is": lambda: actual == wanted[0],
        "is_not": lambda: actual != wanted[0],
        "at_least": lambda: actual >= wanted[0],
        "at_most": lambda: actual <= wanted[0],
        "between": lambda: wanted[0] <= actual <= wanted[1],
    }[op]()


def _time(actual: datetime, op: str, wanted: list[Any]) -> bool:
    return {
        "before": lambda: actual < wanted[0],
        "after": lambda: actual >= wanted[0],
        "between": lambda: wanted[0] <= actual < wanted[1],
        "in_last_days": lambda: (clock.now() - actual).total_seconds() <= wanted[0] * 86_400,
    }[op]()


def _events(person: PersonDocument, field: str, world: World) -> set[str]:
    mine = world.of(RegistrationDocument, person.id)
    return {
        "registered_for": {one.event_id for one in mine if one.status == "registered"},
        "attended_event": {one.event_id for one in mine if one.attended},
        "hosted_event": {event.id for event in world.of(EventDocument) if person.id in (event.owner, *event.hosts)},
    }[field]


def _campaigns(person: PersonDocument, field: str, world: World) -> set[str]:
    if field == "got_campaign":
        sent = _sent(person, world)
        return {mail.campaign_id for mail in sent if mail.campaign_id}
    return {deed.campaign_id for deed in _deeds(person, _KINDS[field], world) if deed.campaign_id}


_KINDS = {"opened_campaign": "open", "mails_opened": "open", "clicked_campaign": "click", "mails_clicked": "click"}


def _sent(person: PersonDocument, world: World) -> list[DeliveryDocument]:
    return [mail for mail in world.of(DeliveryDocument, person.id) if mail.state == "sent"]


def _deeds(person: PersonDocument, kind: str, world: World) -> list[EngagementDocument]:
    mine = world.of(EngagementDocument, person.id)
    return [deed for deed in mine if deed.kind == kind and deed.verdict == "human"]


def _count(person: PersonDocument, field: str, within: Period | None, world: World) -> int:
    if field == "mails_received":
        return sum(_inside(mail.state_at, within) for mail in _sent(person, world))
    if field.startswith("mails_"):
        return len({deed.mail_id for deed in _deeds(person, _KINDS[field], world) if _inside(deed.at, within)})
    if within is None:
        return int(getattr(person, field))
    if field == "events_hosted":
        mine = [one for one in world.of(EventDocument) if person.id in (one.owner, *one.hosts)]
        return sum(_inside(event.start_at, within) for event in mine if event.status != "cancelled")
    flag = {"events_registered": "counted", "events_attended": "attended"}[field]
    places = [one for one in world.of(RegistrationDocument, person.id) if getattr(one, flag)]
    return sum(_inside(one.event_start_at, within) for one in places)


def score(person: PersonDocument, world: World) -> int:
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    late, early = today - timedelta(days=90), today - timedelta(days=365)
    places = world.of(RegistrationDocument, person.id)
    done = [(20, one.event_start_at) for one in places if one.attended]
    done += [(6, one.event_start_at) for one in places if one.counted]
    for kind, points in (("click", 4), ("open", 2)):
        last: dict[str, datetime] = {}
        for deed in _deeds(person, kind, world):
            last[deed.mail_id] = max(deed.at, last.get(deed.mail_id, deed.at))
        done += [(points, at) for at in last.values()]
    return sum(points if at >= late else points // 2 for points, at in done if at >= early)


def _inside(moment: datetime, within: Period | None) -> bool:
    if within is None:
        return True
    if within.last_days is not None:
        return moment >= clock.now() - timedelta(days=within.last_days)
    after_start = within.start is None or moment >= within.start
    return after_start and (within.before is None or moment < within.before)


def words(text: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", key(text)) if word]


def _found(person: PersonDocument, text: str) -> bool:
    fields = (person.first_name, person.last_name, person.email, person.company, person.job_title)
    known = [word for field in fields for word in words(field)]
    asked = words(text)
    return bool(asked) and all(any(word.startswith(start) for word in known) for start in asked)


def ordered(people: Iterable[PersonDocument], sort: str) -> list[PersonDocument]:
    """Sort by a field, empty ones last either way, ties by id in the same direction."""
    name, descending = sort.removeprefix("-"), sort.startswith("-")

    def sort_key(person: PersonDocument) -> tuple[Any, str]:
        value = getattr(person, name)
        if isinstance(value, tuple):
            value = "\n".join(sorted(map(key, value)))
        return (key(value) if isinstance(value, str) and name != "id" else value), person.id

    everyone = sorted(people, key=sort_key, reverse=descending)
    return [p for p in everyone if sort_key(p)[0] != ""] + [p for p in everyone if sort_key(p)[0] == ""]
