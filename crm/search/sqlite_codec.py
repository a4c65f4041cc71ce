"""Documents as the bytes stored with their keys: JSON in the order of the fields, so equal ones are equal bytes."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_type_hints

import orjson

from crm.core.touches import Touch
from crm.search.documents import AnyDocument

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Conversion:
    name: str
    convert: Callable[[Any], Any]


def encode(document: AnyDocument) -> bytes:
    """Return the document as bytes."""
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def decode[Document: AnyDocument](kind: type[Document], stored: bytes) -> Document:
    """Return the document that `encode` was given."""
    values = orjson.loads(stored)
    for conversion in _CONVERSIONS[kind]:
        value = values[conversion.name]
        if value is not None:
            values[conversion.name] = conversion.convert(value)
    return kind(**values)


def _conversions(kind: type[AnyDocument]) -> tuple[_Conversion, ...]:
    hints = get_type_hints(kind)
    return tuple(_Conversion(f.name, _READERS[hints[f.name]]) for f in fields(kind) if hints[f.name] in _READERS)


def _touch(values: dict[str, Any]) -> Touch:
    return Touch(**{**values, "at": datetime.fromisoformat(values["at"])})


# What JSON has no type for.
_READERS: dict[Any, Callable[[Any], Any]] = {
    datetime: datetime.fromisoformat,
    datetime | None: datetime.fromisoformat,
    tuple[str, ...]: tuple,
    Touch | None: _touch,
}
_CONVERSIONS = {kind: _conversions(kind) for kind in get_args(AnyDocument)}


def micros(moment: datetime) -> int:
    """Return whole microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(micros_since: int) -> datetime:
    """Return the time that `micros` was given, in UTC."""
    return _EPOCH + timedelta(microseconds=micros_since)
