"""What the filter builder shows of a draft: each condition with the inputs that fit its field and its test."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from crm.people import builder_pickers
from crm.people.builder_tree import DATES, DAYS, ROOT, TEXTS, Group, Reading, Row
from crm.people.filter_form import SUGGESTED
from crm.search.fields import ARITY, BY_ANY_NAME, MANY, NO_VALUE, TWO
from crm.search.filter_json import MAX_DEPTH
from crm.search.filters import FIELDS, OPERATORS, Kind

# Operators as they are read behind a field's name.
_WORDS = {
    "is": "is",
    "is_not": "is not",
    "one_of": "is any of",
    "contains": "contains",
    "starts_with": "starts with",
    "empty": "is unknown",
    "not_empty": "is known",
    "at_least": "at least",
    "at_most": "at most",
    "between": "between",
    "before": "before",
    "after": "from",
    "in_last_days": "in the last",
    "matches": "matches",
}
_OTHER_WORDS = {
    (Kind.NUMBER, "is"): "exactly",
    (Kind.NUMBER, "is_not"): "any number but",
    (Kind.TAGS, "empty"): "are none",
    (Kind.TAGS, "not_empty"): "are any",
    (Kind.WORDS, "empty"): "nothing",
    (Kind.WORDS, "not_empty"): "anything",
}
_GROUPS: Mapping[str, tuple[Kind, ...]] = {
    "Person": (Kind.SEARCH, Kind.TEXT, Kind.TAGS, Kind.SCORE, Kind.TIME, Kind.ID),
    "Events": (Kind.EVENT,),
    "Mails": (Kind.FLAG, Kind.WORDS, Kind.CAMPAIGN),
}
_LINKS = {
    "and": "All of these",
    "or": "At least one of these",
    "not-or": "None of these",
    "not-and": "Not all of these",
}
_MAILS = "mails_"
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(T00:00:00Z)?")
# What else a text may be chosen from, by field; features above this one name theirs.
CHOICES: dict[str, Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a select."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Input:
    """A text, number or date to type. `suggests`: whether values that others have are offered.

    The id says what is typed there, so that it stays in the page, with all that is being typed, as long as it fits.
    """

    id: str
    name: str
    label: str
    value: str
    type: str = "text"
    mode: str = ""
    suggests: bool = False
    hint: str = ""
    join: str = ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A condition. `choices`: what its value is chosen from, where it is; `finds`: by searching for it first."""

    path: str
    label: str
    row: Row
    fields: Mapping[str, Sequence[Choice]]
    ops: Sequence[Choice]
    inputs: Sequence[Input]
    choices: Sequence[Choice]
    takes_many: bool
    finds: str
    find: str
    unit: str
    periods: Sequence[Choice]
    period_inputs: Sequence[Input]
    problem: str
    is_row: bool = True


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A group. `label` tells it from others for those who do not see where it stands."""

    path: str
    label: str
    link: str
    links: Sequence[tuple[str, str]]
    parts: "Sequence[ShownRow | ShownGroup]"
    problem: str
    may_nest: bool
    is_row: bool = False


def shown(draft: Group, reading: Reading, found: Mapping[str, str]) -> ShownGroup:
    """Return what to show. `found` maps places to what was searched for there."""
    return _group(draft, ROOT, "The whole filter", reading.problems, found)


def _group(group: Group, path: str, label: str, problems: Mapping[str, str], found: Mapping[str, str]) -> ShownGroup:
    parts: list[ShownRow | ShownGroup] = []
    for number, part in enumerate(group.parts):
        place, name = (
            f"{path}-{number}",
            f"{number + 1}" if path == ROOT else f"{label.rpartition(' ')[2]}.{number + 1}",
        )
        if isinstance(part, Group):
            parts.append(_group(part, place, f"Group {name}", problems, found))
        else:
            parts.append(_row(part, place, f"Condition {name}", problems.get(place, ""), found.get(place, "")))
    may_nest = path.count("-") + 2 < MAX_DEPTH
    return ShownGroup(path, label, group.full_link, tuple(_LINKS.items()), parts, problems.get(path, ""), may_nest)


def _row(row: Row, path: str, label: str, problem: str, find: str) -> ShownRow:
    takes_many = ARITY[row.op] == MANY
    picker = builder_pickers.PICKERS.get(row.kind)
    chosen = row.values if takes_many else row.values[:1]
    return ShownRow(
        path=path,
        label=label,
        row=row,
        fields=_fields(row.field),
        ops=[Choice(op, _word(row.kind, op), op == row.op) for op in OPERATORS[row.kind]],
        inputs=() if picker or _fixed(row) else _inputs(row, path, label),
        choices=_choices(_fixed(row) if picker is None else picker.find(find, chosen), row),
        takes_many=takes_many,
        finds=picker.noun if picker else "",
        find=find,
        unit="days" if row.op == "in_last_days" else "",
        periods=_periods(row),
        period_inputs=_period_inputs(row, path, label),
        problem=problem,
    )


def _choices(offered: Mapping[str, str], row: Row) -> list[Choice]:
    return [Choice(value, label, value in row.values) for value, label in offered.items()]


def _fields(current: str) -> Mapping[str, Sequence[Choice]]:
    known = [
        (_group_of(name, field.kind), Choice(field.camel, field.label, field.camel == current))
        for name, field in FIELDS.items()
    ]
    return {group: [choice for its, choice in known if its == group] for group in _GROUPS}


def _group_of(name: str, kind: Kind) -> str:
    if kind is Kind.NUMBER:
        return "Mails" if name.startswith(_MAILS) else "Events"
    return next(group for group, kinds in _GROUPS.items() if kind in kinds)


def _word(kind: Kind, op: str) -> str:
    return _OTHER_WORDS.get((kind, op)) or _WORDS[op]


def _fixed(row: Row) -> Mapping[str, str]:
    """Return what a value is chosen from where there are only few, by what is stored."""
    if row.kind is Kind.FLAG:
        return {"true": "yes", "false": "no"}
    known = CHOICES.get(BY_ANY_NAME[row.field].name, {})
    return known if ARITY[row.op] != NO_VALUE else {}


def _inputs(row: Row, path: str, label: str) -> list[Input]:
    name, typed = f"{path}-value", (*row.values, "", "")
    if ARITY[row.op] == NO_VALUE:
        return []
    if ARITY[row.op] != TWO:
        return [_input(row, name, f"{label}, value", typed[0], 0)]
    least = replace(_input(row, name, f"{label}, from", typed[0], 0), join="and")
    return [least, _input(row, name, f"{label}, to", typed[1], 1)]


def _input(row: Row, name: str, label: str, value: str, number: int) -> Input:
    key = f"{name}-{number}"
    if row.kind in {Kind.NUMBER, Kind.SCORE} or row.op == "in_last_days":
        return Input(f"{key}-{row.kind}", name, label, value, mode="numeric")
    if row.kind is Kind.TIME:
        return _date(key, name, label, value)
    if ARITY[row.op] == MANY:
        return Input(f"{key}-list", name, label, value, hint="commas between")
    return Input(
        f"{key}-{'text' if row.kind in TEXTS else row.kind}",
        name,
        label,
        value,
        suggests=BY_ANY_NAME[row.field].name in SUGGESTED,
    )


def _date(key: str, name: str, label: str, value: str) -> Input:
    """Return a date's input; a text where it holds a time of day, too, as only the API says it."""
    day = _DATE.fullmatch(value)
    kind = "date" if day or not value else "text"
    return Input(f"{key}-{kind}", name, label, day[1] if day else value, type=kind)


def _periods(row: Row) -> list[Choice]:
    if row.kind is not Kind.NUMBER:
        return []
    offered = {"": "at any time", DAYS: "in the last", DATES: "between"}
    return [Choice(value, words, value == row.period) for value, words in offered.items()]


def _period_inputs(row: Row, path: str, label: str) -> list[Input]:
    if row.kind is not Kind.NUMBER:
        return []
    if row.period == DAYS:
        return [Input(f"{path}-days", f"{path}-days", f"{label}, days", row.days, mode="numeric")]
    if row.period != DATES:
        return []
    start = _date(f"{path}-start", f"{path}-start", f"{label}, first day", row.start)
    return [
        replace(start, join="up to, without"),
        _date(f"{path}-before", f"{path}-before", f"{label}, end", row.before),
    ]
