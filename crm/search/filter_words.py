"""A Filter in plain language: "People at TechCorp in New York who attended 2 or more events since January 2026"."""

from collections.abc import Mapping, Sequence

from crm.search.fields import FIELDS, Kind
from crm.search.filter_counts import number, shown
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
    return _group(tree, names, "People", "Everyone")


def _group(tree: Filter, names: Names, noun: str, everyone: str) -> str:
    """Say whom a filter matches, what it negates at the end; `everyone` where nothing stands before that."""
    parts = tree.parts if isinstance(tree, And) else (tree,)
    places = [_place(part) for part in parts if _is_place(part)]
    clauses = [part for part in parts if not _is_place(part) and not isinstance(part, Not)]
    words = [_alone(clauses[0], names)] if len(clauses) == 1 else [_clause(part, names) for part in clauses]
    said = " ".join([noun, *places, *([f"who {_joined(words, 'and')}"] if words else [])])
    but = [_those(part.part, names) for part in parts if isinstance(part, Not)]
    if not places and not words:
        return f"{everyone} except {_joined(but, 'and')}" if but else everyone
    return f"{said}, except {_joined(but, 'and')}" if but else said


def _those(part: Filter, names: Names) -> str:
    """Say whom a filter matches within a longer phrase."""
    if isinstance(part, Or) and part.parts and all(map(_is_place, part.parts)):
        return f"those {_joined([_place(one) for one in part.parts], 'or')}"
    said = _group(part, names, "those", "everyone")
    has_exception = any(isinstance(one, Not) for one in (part.parts if isinstance(part, And) else (part,)))
    return f"({said})" if has_exception else said


def _alone(part: Filter, names: Names) -> str:
    words = _clause(part, names)
    return words[1:-1] if isinstance(part, And | Or) and part.parts else words


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
            return f"are not among {_those(one, names)}"
        case Condition():
            return _condition(part, names)


def _condition(condition: Condition, names: Names) -> str:
    field = FIELDS[condition.field]
    values = [shown(value) for value in condition.values]
    match field.kind:
        case Kind.NUMBER | Kind.SCORE:
            words = number(condition)
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
