"""A Filter as the set of people it matches, from sets (see sqlite_sets), and from indexes for what hardly two share."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime

from pyroaring import BitMap

from crm.search import sqlite_counts, sqlite_landmarks, sqlite_periods, sqlite_score, sqlite_sets, sqlite_words
from crm.search.fields import FACETS, FIELDS, Kind
from crm.search.filter_tree import And, Condition, Filter, Not, Or, Period
from crm.search.filter_values import days_ago
from crm.search.sqlite_codec import micros
from crm.search.sqlite_marks import ALIVE, CLICKED, COUNTERS, DAY, GOT, OPENED
from crm.search.sqlite_schema import SqlValue
from crm.search.text import after_prefix, match_key

# Which sets tell who did what, by field of the filter.
_DEEDS: Mapping[str, str] = {"got_campaign": GOT, "opened_campaign": OPENED, "clicked_campaign": CLICKED}


def alive(connection: sqlite3.Connection) -> BitMap:
    """Return everybody there is."""
    return sqlite_sets.read(connection, "field = ?", (ALIVE,))


def matching(connection: sqlite3.Connection, tree: Filter) -> BitMap:
    """Return the numbers of the people whom a filter matches."""
    return _Question(connection).people(tree)


class _Question:
    """One question, in one snapshot."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._alive = alive(connection)

    def people(self, tree: Filter) -> BitMap:
        """Return whom a part of the question matches."""
        match tree:
            case And(parts):
                return BitMap.intersection(self._alive, *map(self.people, parts))
            case Or(parts):
                return BitMap.union(BitMap(), *map(self.people, parts))
            case Not(part):
                return self._alive - self.people(part)
            case Condition():
                return self._alive & _BY_KIND[FIELDS[tree.field].kind](self, tree)

    def text(self, condition: Condition) -> BitMap:
        """Compare a text. Who has none is marked, so that nobody has to read half the index of a column for them."""
        if condition.op == "is_not":
            return self._alive - self.text(Condition(condition.field, "is", condition.values))
        if condition.op in {"empty", "not_empty"}:
            nothing = self._read(condition.field, "value = ''")
            return nothing if condition.op == "empty" else self._alive - nothing
        column = "value" if condition.field in FACETS else condition.field
        test, values = _text_test(column, condition.op, [match_key(str(value)) for value in condition.values])
        if condition.field in FACETS:
            return self._read(condition.field, test, values)
        index = f"people INDEXED BY people_{condition.field}"
        return sqlite_sets.of_rows(self._connection, "n", f"{index} WHERE {test}", values)

    def listed(self, condition: Condition) -> BitMap:
        """Look for tags, or kinds of mail."""
        if condition.op in {"empty", "not_empty"}:
            nothing = self._read(condition.field, "value = ''")
            return nothing if condition.op == "empty" else self._alive - nothing
        keys = json.dumps([match_key(str(value)) for value in condition.values])
        return self._unless_not(condition, self._read(condition.field, _ONE_OF.format("value"), (keys,)))

    def number(self, condition: Condition) -> BitMap:
        """Compare a count: in everybody's own row, or of what is counted within a period."""
        numbers = [int(value) for value in condition.values if isinstance(value, int)]
        at_least = self._at_least(condition)
        match condition.op:
            case "at_least":
                return at_least(numbers[0])
            case "at_most":
                return self._alive - at_least(numbers[0] + 1)
        found = at_least(numbers[0]) - at_least(numbers[-1] + 1)
        return self._unless_not(condition, found)

    def time(self, condition: Condition) -> BitMap:
        """Compare a time: whole days by their sets, the cut ones by the index."""
        if condition.op == "in_last_days":
            return self._since(condition.field, days_ago(int(str(condition.values[0]))))
        moments = [value for value in condition.values if isinstance(value, datetime)]
        if condition.op == "after":
            return self._since(condition.field, moments[0])
        since = self._alive if condition.op == "before" else self._since(condition.field, moments[0])
        return since - self._since(condition.field, moments[-1])

    def flag(self, condition: Condition) -> BitMap:
        """Return those with a flag, or without."""
        marked = self._read(condition.field, "value = ''")
        return marked if condition.values[0] else self._alive - marked

    def ids(self, condition: Condition) -> BitMap:
        """Return chosen people."""
        return sqlite_sets.of_ids(self._connection, [str(value) for value in condition.values])

    def words(self, condition: Condition) -> BitMap:
        """Search the text."""
        asked = set(sqlite_words.spelled(str(condition.values[0])).split())
        if not asked:
            return BitMap()
        marked = asked & sqlite_landmarks.beginnings(self._connection)
        found = [self._read(sqlite_landmarks.WORD, "value = ?", (beginning,)) for beginning in marked]
        if rest := asked - marked:
            found.append(sqlite_words.people(self._connection, rest))
        return BitMap.intersection(*found)

    def event(self, condition: Condition) -> BitMap:
        """Return who has a place at events, attended or runs them."""
        found = self._read(condition.field, _ONE_OF.format("value"), (json.dumps(condition.values),))
        return self._unless_not(condition, found)

    def campaign(self, condition: Condition) -> BitMap:
        """Return who got the mails of campaigns, opened them or clicked in them."""
        # What begins with a stroke is a mail of no campaign.
        campaigns = [key for key in condition.values if not str(key).startswith("/")]
        found = [
            self._read(_DEEDS[condition.field], "value > ? AND value < ?", (f"{key}/", f"{key}0")) for key in campaigns
        ]
        return self._unless_not(condition, BitMap.union(BitMap(), *found))

    def _at_least(self, condition: Condition) -> Callable[[int], BitMap]:
        field = condition.field
        if field in COUNTERS and condition.within is None:
            # Most people have small numbers, so those below take fewer sets than those above.
            return lambda number: self._alive - self._read(field, "value = '' AND number < ?", (number,))
        if field == "engagement":
            scores = sqlite_score.everybody(self._connection)
            return lambda number: scores.at_least(number, self._alive)
        found = sqlite_periods.sets(self._connection, field, condition.within or Period())
        counts = sqlite_counts.Counts(found)
        return lambda number: counts.at_least(number, self._alive)

    def _since(self, field: str, moment: datetime) -> BitMap:
        start, day = micros(moment), micros(moment) // DAY
        # The day itself is read row by row, on the side that has fewer days and so takes fewer sets.
        if 2 * day < sum(self._days(field)):
            return (
                self._alive
                - self._read(field, "value = '' AND number < ?", (day,))
                - self._between(field, day * DAY, start)
            )
        later = self._read(field, "value = '' AND number > ?", (day,))
        return later | self._between(field, start, (day + 1) * DAY)

    def _days(self, field: str) -> tuple[int, int]:
        """Return the first and the last day of anybody."""
        ends = ", ".join(f"(SELECT {end}(number) FROM sets WHERE field = ? AND value = '')" for end in ("min", "max"))
        first, last = self._connection.execute(f"SELECT {ends}", (field, field)).fetchone()
        return first or 0, last or 0

    def _between(self, field: str, start: int, end: int) -> BitMap:
        source = f"people INDEXED BY people_{field} WHERE {field} >= ? AND {field} < ?"
        return sqlite_sets.of_rows(self._connection, "n", source, (start, end))

    def _read(self, field: str, test: str, values: tuple[SqlValue, ...] = ()) -> BitMap:
        return sqlite_sets.read(self._connection, f"field = ? AND {test}", (field, *values))

    def _unless_not(self, condition: Condition, found: BitMap) -> BitMap:
        return self._alive - found if condition.op == "is_not" else found


_ONE_OF = "{} IN (SELECT value FROM json_each(?))"


def _text_test(column: str, op: str, keys: list[str]) -> tuple[str, tuple[SqlValue, ...]]:
    if op == "one_of":
        return _ONE_OF.format(column), (json.dumps(keys),)
    if op == "starts_with":
        end = after_prefix(keys[0])
        return (f"{column} >= ?", (keys[0],)) if end is None else (f"{column} >= ? AND {column} < ?", (keys[0], end))
    return (f"instr({column}, ?) > 0" if op == "contains" else f"{column} = ?"), (keys[0],)


_BY_KIND: dict[Kind, Callable[[_Question, Condition], BitMap]] = {
    Kind.TEXT: _Question.text,
    Kind.TAGS: _Question.listed,
    Kind.NUMBER: _Question.number,
    Kind.SCORE: _Question.number,
    Kind.TIME: _Question.time,
    Kind.FLAG: _Question.flag,
    Kind.ID: _Question.ids,
    Kind.SEARCH: _Question.words,
    Kind.WORDS: _Question.listed,
    Kind.CAMPAIGN: _Question.campaign,
    Kind.EVENT: _Question.event,
}
