"""What changed in DynamoDB, decoded, and the features' projections of it onto the read model.

Features register a projection per item type; the read model registers itself as the sink. So a transaction
can show its author what they just wrote, and the stream's projector applies the very same functions.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from crm.core.dynamo import Item

log = logging.getLogger(__name__)


class Document(Protocol):
    """A row of the read model: replaced only by a higher version of the same id."""

    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def deleted(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Change:
    """One item as it is now. `removed`: it is gone; `item` is its last image and `version` one above that."""

    item: Item
    version: int
    removed: bool = False


Projection = Callable[[Change], Document]
Sink = Callable[[Sequence[Document]], object]

_projections: dict[type[Item], Projection] = {}
_sink: Sink | None = None


def projects(kind: type[Item]) -> Callable[[Projection], Projection]:
    """Register the decorated function as the projection of one item type."""

    def register(projection: Projection) -> Projection:
        _projections[kind] = projection
        return projection

    return register


def set_sink(sink: Sink) -> None:
    """Name what stores documents in this process; one sink only."""
    global _sink  # noqa: PLW0603 - named once, when the app is ready
    _sink = sink


def is_projected(kind: type[Item]) -> bool:
    """Tell whether items of this type have a read model document."""
    return kind in _projections


def projected_types(table: type[Item]) -> frozenset[str]:
    """Return the stored type names of a table's items that have a read model document."""
    return frozenset(str(kind.type.get_discriminator(kind)) for kind in _projections if issubclass(kind, table))


def documents(changes: Iterable[Change]) -> list[Document]:
    """Map changes to documents, leaving out item types that have none."""
    return [_projections[type(c.item)](c) for c in changes if type(c.item) in _projections]


def show_to_author(items: Iterable[Item]) -> None:
    """Apply freshly committed items at once, so that the next list of whoever wrote them shows them.

    A failure here never fails the request: the write is durable and the stream will bring it.
    """
    try:
        rows = documents(Change(item, int(item.version)) for item in items)
        if _sink is not None:
            _sink(rows)
    except Exception:
        log.exception("read-your-write failed; the stream will repair it")
