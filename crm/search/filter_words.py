"""A Filter in plain language: "People at TechCorp in New York who attended 2 or more events"."""

from collections.abc import Sequence
from datetime import datetime

from crm.search.fields import FIELDS, Kind
from crm.search.filter_tree import And, Condition, Filter, Not, Or, Value

# These read best right behind "People".
_PLACES = {"company": "at", "city": "in", "state": "in"}
_TEXT_TESTS = {
    "is": "is {}",
    "is_not": "is not {}",
    "one_of": "is {}",
    "contains": "contains {}",
    "starts_with": "starts with {}",
    "empty": "is unknown",
    "not_empty": "is known",
}
_TAG_TESTS = {
    "is": "are tagged {}",
    "is_not": "are not tagged {}",
    "one_of": "are tagged {}",
    "empty": "have no tags",
    "not_empty": "have tags",
}
_LEFT_TESTS = {
    "is": "have unsubscribed from {}",
    "is_not": "have not unsubscribed from {}",
    "one_of": "have unsubscribed from {}",
    "empty": "have unsubscribed from no kind of mail",
    "not_empty": "have unsubscribed from some kind of mail",
}
_TIME_TESTS = {
    "before": "before {}",
    "after": "since {}",
    "between": "from {} to before {}",
    "in_last_days": "in the last {} days",
}
_VERBS = {"events_registered": "registered for", "events_attended": "attended", "events_hosted": "hosted"}
_FLAG_TESTS = {
    ("unsubscribed", True): "have unsubscribed",
    ("unsubscribed", False): "have not unsubscribed",
    ("suppressed", True): "are on the suppression list",
    ("suppressed", False): "are not on the suppression list",
}


def describe(tree: Filter) -> str:
    """Say whom a filter matches, as a phrase that starts with People or Everyone."""
    parts = tree.parts if isinstance(tree, And) else (tree,)
    if not parts:
        return "Everyone"
    places = [_place(part) for part in parts if _is_place(part)]
    rest = [_clause(part) for part in parts if not _is_place(part)]
    return " ".join(["People", *places, *([f"who {_joined(rest, 'and')}"] if rest else [])])


def _is_place(part: Filter) -> bool:
    return isinstance(part, Condition) and part.field in _PLACES and part.op in {"is", "one_of"}


def _place(part: Filter) -> str:
    assert isinstance(part, Condition)
    return f"{_PLACES[part.field]} {_joined([_value(value) for value in part.values], 'or')}"


def _clause(part: Filter) -> str:
    match part:
        case And(parts):
            return f"({_joined([_clause(one) for one in parts], 'and')})" if parts else "are anyone"
        case Or(parts):
            return f"({_joined([_clause(one) for one in parts], 'or')})" if parts else "are nobody"
        case Not(one):
            return f"do not match ({_clause(one)})"
        case Condition():
            return _condition(part)


def _condition(condition: Condition) -> str:
    field = FIELDS[condition.field]
    values = [_value(value) for value in condition.values]
    match field.kind:
        case Kind.NUMBER:
            words = _count(condition)
        case Kind.FLAG:
            words = _FLAG_TESTS[condition.field, bool(condition.values[0])]
        case Kind.TAGS:
            words = _TAG_TESTS[condition.op].format(_joined(values, "or"))
        case Kind.WORDS:
            words = _LEFT_TESTS[condition.op].format(_joined(values, "or"))
        case Kind.CAMPAIGN:
            words = "got the mail of a chosen campaign"
        case Kind.TIME:
            verb = "were added" if condition.field == "created_at" else "were changed"
            words = f"{verb} {_TIME_TESTS[condition.op].format(*values)}"
        case Kind.SEARCH:
            words = f"match “{values[0]}”"
        case Kind.ID:
            words = "are the chosen person" if len(values) == 1 else f"are among {len(values)} chosen people"
        case Kind.TEXT:
            words = f"have {_noun(field.label)} that {_TEXT_TESTS[condition.op].format(_joined(values, 'or'))}"
    return words


def _noun(label: str) -> str:
    low = label[0].lower() + label[1:]
    return f"{'an' if low[0] in 'aeiou' else 'a'} {low}"


def _count(condition: Condition) -> str:
    verb = _VERBS[condition.field]
    numbers = [int(value) for value in condition.values if isinstance(value, int)]
    amounts = {
        "is": "exactly {}",
        "is_not": "any number but {} of",
        "at_least": "{} or more",
        "at_most": "at most {}",
        "between": "{} to {}",
    }
    is_single = numbers[-1] == 1 and condition.op in {"is", "at_most"}
    return f"{verb} {amounts[condition.op].format(*numbers)} event{'' if is_single else 's'}"


def _value(value: Value) -> str:
    if not isinstance(value, datetime):
        return str(value)
    return f"{value:%-d %B %Y}" if not (value.hour or value.minute or value.second) else f"{value:%-d %B %Y %H:%M} UTC"


def _joined(words: Sequence[str], link: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {link} {words[-1]}" if words else ""
