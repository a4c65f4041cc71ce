"""Reading one value of a filter, from a query string or from JSON."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from crm.core import clock
from crm.search.fields import Kind
from crm.search.filter_tree import Value

MAX_TEXT = 200
MAX_NUMBER = 10**9
MAX_DAYS = 36_500
_WHOLE = re.compile(r"-?[0-9]{1,12}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class BadValue(Exception):
    """What is wrong with a value, in words for whoever gave it."""


def read(kind: Kind, op: str, raw: object) -> Value:
    """Return the typed value of one operand.

    Raises:
        BadValue: it is of another type, too long, or out of range.
    """
    if op == "in_last_days":
        return _number(raw, 1, MAX_DAYS)
    if kind in {Kind.NUMBER, Kind.SCORE}:
        return _number(raw, 0, MAX_NUMBER)
    if kind is Kind.FLAG:
        return _flag(raw)
    return moment(raw) if kind is Kind.TIME else text(raw)


def text(raw: object) -> str:
    """Return a text without white space at its ends. Raises BadValue: not a text, empty, too long, not printable."""
    if not isinstance(raw, str):
        raise BadValue("Give a text.")
    trimmed = raw.strip()
    if not trimmed:
        raise BadValue("Give a text that is not empty.")
    if len(trimmed) > MAX_TEXT:
        raise BadValue(f"At most {MAX_TEXT} characters.")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in trimmed):
        raise BadValue("Control characters are not allowed.")
    return trimmed


def _number(raw: object, least: int, most: int) -> int:
    if isinstance(raw, str) and _WHOLE.fullmatch(raw.strip()):
        raw = int(raw)
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise BadValue("Give a whole number.")
    if not least <= raw <= most:
        raise BadValue(f"Give a number from {least} to {most}.")
    return raw


def _flag(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().lower() in _FLAGS:
        return _FLAGS[raw.strip().lower()]
    raise BadValue("Give true or false.")


def moment(raw: object) -> datetime:
    """Return a time in UTC; a date is its midnight. Raises BadValue: neither, or a time without offset."""
    if not isinstance(raw, str):
        raise BadValue("Give a date, or a time with its offset (RFC 3339).")
    given = raw.strip()
    try:
        found = datetime.fromisoformat(given)
        if _DATE.fullmatch(given):
            found = found.replace(tzinfo=UTC)
        if found.tzinfo is None:
            raise BadValue("Give the time's offset from UTC, such as Z or +02:00.")
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadValue("Give a date, or a time with its offset (RFC 3339).") from error


def written(value: Value) -> str | int | bool:
    """Return a value as JSON takes it."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def days_ago(days: int) -> datetime:
    """Return the moment from which "in the last N days" counts."""
    return clock.now() - timedelta(days=days)
