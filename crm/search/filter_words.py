"""A Filter in plain language: "People at TechCorp in New York who attended 2 or more events since January 2026"."""

from collections.abc import Mapping, Sequence

from crm.search.fields import FIELDS, Kind
from crm.search.filter_counts import amount, period, shown
from crm.search.filter_tree import And, Condition, Filter, Not, Or

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
_FLAG_TESTS = {
    ("unsubscribed", True): "have unsubscribed",
    ("unsubscribed", False): "have not unsubscribed",
    ("suppressed", True): "are on the suppression list",
    ("suppressed", False): "are not on the suppression list",
}
# What people did or did not do, and with what, where nobody says what it is called.
_DEEDS = {
    "registered_for": ("have a place at {}", "have no place at {}", "a chosen event"),
    "attended_event": ("attended {}", "did not attend {}", "a chosen event"),
    "hosted_event": ("host {}", "do not host {}", "a chosen event"),
    "got_campaign": ("got the mail of {}", "did not get the mail of {}", "a chosen campaign"),
    "opened_campaign": ("opened the mail of {}", "did not open the mail of {}", "a chosen campaign"),
    "clicked_campaign": ("clicked in the mail of {}", "did not click in the mail of {}", "a chosen campaign"),
}
Names = Mapping[str, str]


def describe(tree: Filter, names: Names) -> str:
    """Say whom a filter matches, as a phrase that starts with People or Everyone.

    `names` maps ids of events and campaigns to what they are called, as far as that is known.
    """
    parts = tree.parts if isinstance(tree, And) else (tree,)
    if not parts:
        return "Everyone"
    places = [_place(part) for part in parts if _is_place(part)]
    rest = [_clause(part, names) for part in parts if not _is_place(part)]
    return " ".join(["People", *places, *([f"who {_joined(rest, 'and')}"] if rest else [])])


def _is_place(part: Filter) -> bool:
    return isinstance(part, Condition) and part.field in _PLACES and part.op in {"is", "one_of"}


def _place(part: Filter) -> str:
    assert isinstance(part, Condition)
    return f"{_PLACES[part.field]} {_joined([shown(value) for value in part.values], 'or')}"


def _clause(part: Filter, names: Names) -> str:
    match part:
        case And(parts):
            return f"({_joined([_clause(one, names) for one in parts], 'and')})" if parts else "are anyone"
        case Or(parts):
            return f"({_joined([_clause(one, names) for one in parts], 'or')})" if parts else "are nobody"
        case Not(one):
            return f"do not match ({_clause(one, names)})"
        case Condition():
            return _condition(part, names)


def _condition(condition: Condition, names: Names) -> str:
    field = FIELDS[condition.field]
    values = [shown(value) for value in condition.values]
    match field.kind:
        case Kind.NUMBER:
            words = amount(condition) + period(condition.within)
        case Kind.FLAG:
            words = _FLAG_TESTS[condition.field, bool(condition.values[0])]
        case Kind.TAGS:
            words = _TAG_TESTS[condition.op].format(_joined(values, "or"))
        case Kind.WORDS:
            words = _LEFT_TESTS[condition.op].format(_joined(values, "or"))
        case Kind.CAMPAIGN | Kind.EVENT:
            words = _deed(condition, names)
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


def _deed(condition: Condition, names: Names) -> str:
    done, not_done, unnamed = _DEEDS[condition.field]
    things = dict.fromkeys(f"“{names[str(key)]}”" if str(key) in names else unnamed for key in condition.values)
    return (not_done if condition.op == "is_not" else done).format(_joined(list(things), "or"))


def _noun(label: str) -> str:
    low = label[0].lower() + label[1:]
    return f"{'an' if low[0] in 'aeiou' else 'a'} {low}"


def _joined(words: Sequence[str], link: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {link} {words[-1]}" if words else ""
