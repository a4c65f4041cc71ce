"""What a filter, a sort and a text search mean, in the plainest Python: the adapters have to agree with this."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from crm.core import clock
from crm.search.documents import PersonDocument
from crm.search.fields import FIELDS, Kind
from crm.search.filters import And, Condition, Filter, Not, Or


def key(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def matches(
    person: PersonDocument, where: Filter, suppressed: Collection[str] = (), got: Collection[tuple[str, str]] = ()
) -> bool:
    """Tell whether a person is meant.

    `suppressed` holds the ids of people whose address is; `got` who got which campaign's mail, as pairs of ids.
    """
    match where:
        case And(parts):
            return all(matches(person, part, suppressed, got) for part in parts)
        case Or(parts):
            return any(matches(person, part, suppressed, got) for part in parts)
        case Not(part):
            return not matches(person, part, suppressed, got)
        case Condition():
            return _condition(person, where, suppressed, got)


def _condition(
    person: PersonDocument, condition: Condition, suppressed: Collection[str], got: Collection[tuple[str, str]]
) -> bool:
    field, values = condition.field, condition.values
    tests: dict[Kind, Callable[[], bool]] = {
        Kind.SEARCH: lambda: _found(person, str(values[0])),
        Kind.ID: lambda: person.id in values,
        Kind.FLAG: lambda: (person.id in suppressed if field == "suppressed" else person.unsubscribed) == values[0],
        Kind.TEXT: lambda: _text(key(getattr(person, field)), condition.op, [key(str(value)) for value in values]),
        Kind.TAGS: lambda: _tags(
            {key(tag) for tag in person.tags}, condition.op, {key(str(value)) for value in values}
        ),
        Kind.WORDS: lambda: _tags(
            {key(kind) for kind in person.unsubscribed_from}, condition.op, {key(str(value)) for value in values}
        ),
        Kind.CAMPAIGN: lambda: (values[0], person.id) in got,
        Kind.NUMBER: lambda: _number(getattr(person, field), condition.op, list(values)),
        Kind.TIME: lambda: _time(getattr(person, field), condition.op, list(values)),
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


def _tags(actual: set[str], op: str, wanted: set[str]) -> bool:
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
