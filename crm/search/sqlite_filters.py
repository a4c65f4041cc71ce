"""A Filter as SQL over the table `people`. Conditions are true or false, never NULL, so that NOT means what it says."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime

from crm.search import sqlite_deeds, sqlite_words
from crm.search.fields import FIELDS, Kind
from crm.search.filter_tree import And, Condition, Filter, Not, Or, Value
from crm.search.filter_values import days_ago
from crm.search.sqlite_codec import micros
from crm.search.sqlite_where import FALSE, TRUE, Where
from crm.search.text import after_prefix, match_key, words_key


def people(tree: Filter) -> Where:
    """Return the condition on rows of `people` that a filter means."""
    match tree:
        case And(parts):
            return _joined([people(part) for part in parts], "AND", TRUE)
        case Or(parts):
            return _joined([people(part) for part in parts], "OR", FALSE)
        case Not(part):
            inner = people(part)
            return Where(f"NOT ({inner.sql})", inner.values)
        case Condition():
            return _BY_KIND[FIELDS[tree.field].kind](tree)


def having_words(table: str, text: str, columns: str = "") -> Where:
    """Return the condition that every word of `text` starts a word of the row; `columns` limits which are searched."""
    question = sqlite_words.question(text)
    if question is None:
        return FALSE
    within = f"{{{columns}}} : ({question})" if columns else question
    return Where(f"n IN (SELECT rowid FROM {table}_words WHERE {table}_words MATCH ?)", (within,))


def _joined(parts: Sequence[Where], link: str, of_none: Where) -> Where:
    if not parts:
        return of_none
    if len(parts) == 1:
        return parts[0]
    values = tuple(value for part in parts for value in part.values)
    return Where(f"({f' {link} '.join(part.sql for part in parts)})", values)


def _text(condition: Condition) -> Where:
    name = condition.field
    keys = tuple(match_key(str(value)) for value in condition.values)
    if condition.op == "one_of":
        return Where(f"{name} IN (SELECT value FROM json_each(?))", (json.dumps(keys),))
    if condition.op == "starts_with":
        return _prefix(name, keys[0])
    tests = {
        "is": "{} = ?",
        "is_not": "{} <> ?",
        "contains": "instr({}, ?) > 0",
        "empty": "{} = ''",
        "not_empty": "{} > ''",
    }
    return Where(tests[condition.op].format(name), keys)


def _prefix(name: str, prefix: str) -> Where:
    end = after_prefix(prefix)
    return Where(f"{name} >= ?", (prefix,)) if end is None else Where(f"({name} >= ? AND {name} < ?)", (prefix, end))


def _tags(condition: Condition) -> Where:
    if not condition.values:
        return Where("tags = ''" if condition.op == "empty" else "tags > ''")
    keys = json.dumps([match_key(str(value)) for value in condition.values])
    has = "n IN (SELECT t.n FROM person_tags t WHERE t.tag IN (SELECT value FROM json_each(?)))"
    return Where(f"NOT ({has})" if condition.op == "is_not" else has, (keys,))


def _number(condition: Condition) -> Where:
    numbers = tuple(int(value) for value in condition.values if isinstance(value, int))
    counted = sqlite_deeds.count(condition)
    if condition.op == "between":
        return Where(f"({counted.sql} BETWEEN ? AND ?)", (*counted.values, *numbers))
    sign = {"is": "=", "is_not": "<>", "at_least": ">=", "at_most": "<="}[condition.op]
    return Where(f"{counted.sql} {sign} ?", (*counted.values, *numbers))


def _time(condition: Condition) -> Where:
    moments = tuple(micros(_moment(value)) for value in condition.values)
    match condition.op:
        case "before":
            return Where(f"{condition.field} < ?", moments)
        case "between":
            return Where(f"({condition.field} >= ? AND {condition.field} < ?)", moments)
    return Where(f"{condition.field} >= ?", moments)


def _moment(value: Value) -> datetime:
    # "In the last N days" holds a number of days.
    return value if isinstance(value, datetime) else days_ago(int(value))


def _flag(condition: Condition) -> Where:
    return Where(f"{condition.field} = ?", (int(bool(condition.values[0])),))


def _id(condition: Condition) -> Where:
    return Where("id IN (SELECT value FROM json_each(?))", (json.dumps(condition.values),))


def having_left(kind: str) -> Where:
    """Return the condition that somebody has unsubscribed from this kind of mail."""
    return Where("instr(unsubscribed_from, ?) > 0", (words_key([kind]),))


def _words(condition: Condition) -> Where:
    if not condition.values:
        return Where("unsubscribed_from = ''" if condition.op == "empty" else "unsubscribed_from > ''")
    has = _joined([having_left(str(value)) for value in condition.values], "OR", FALSE)
    return Where(f"NOT ({has.sql})", has.values) if condition.op == "is_not" else has


def _search(condition: Condition) -> Where:
    return having_words("people", str(condition.values[0]))


_BY_KIND: dict[Kind, Callable[[Condition], Where]] = {
    Kind.TEXT: _text,
    Kind.TAGS: _tags,
    Kind.NUMBER: _number,
    Kind.TIME: _time,
    Kind.FLAG: _flag,
    Kind.ID: _id,
    Kind.SEARCH: _search,
    Kind.WORDS: _words,
    Kind.CAMPAIGN: sqlite_deeds.done,
    Kind.EVENT: sqlite_deeds.done,
}
