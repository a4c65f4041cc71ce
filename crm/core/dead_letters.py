"""What could not be read: stream records that could not be projected, and SES's events about mails.

The stream goes on without a record; its item's next image heals the row. Of an event the words are kept, to be read by
people. There is one letter for an item, however often it fails.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.exceptions import DeleteError, QueryError

from crm.core import clock, dynamo, errors
from crm.core.dynamo import CrmItem
from crm.core.transaction import Transaction

_PK = "DEADLETTER"
MAX_LISTED = 100
# There are a few or, where a projection is broken, one for every item; nobody needs to know more exactly.
MAX_COUNTED = 1_000
_MAX_ERROR = 1_000
EVENT = "SES event"


class DeadLetterItem(CrmItem, discriminator="dead_letter"):
    """A record by its place in the stream and its item's keys; never the image, which may be as large as an item.

    Of an event of SES, `keys` holds the `message` and `sequence` its id. `at` is when it failed first, `again_at` last.
    """

    kind = UnicodeAttribute(default="")
    stream = UnicodeAttribute()
    shard = UnicodeAttribute()
    sequence = UnicodeAttribute()
    keys = JSONAttribute()
    error = UnicodeAttribute()
    attempts = NumberAttribute()
    at = UTCDateTimeAttribute()
    again_at = UTCDateTimeAttribute(null=True)
    is_removal = BooleanAttribute(default=False)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Which record of which item failed, how often, and why. `at` is when the record was written.

    `kind` is the stored type of the item, or `EVENT`; `stream` begins with the table's name. `is_removal`: the record
    says that the item is gone.
    """

    kind: str
    stream: str
    shard: str
    sequence: str
    keys: Mapping[str, str]
    error: str
    attempts: int
    at: datetime
    again_at: datetime | None = None
    is_removal: bool = False

    @property
    def id(self) -> str:
        """The same for all records of an item, another one for each event."""
        what = [self.table, self.keys["pk"], self.keys["sk"]] if self.is_item else [self.stream, self.sequence]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()

    @property
    def is_item(self) -> bool:
        """Whether it is about an item, that can be read again."""
        return self.keys.keys() == {"pk", "sk"}

    @property
    def table(self) -> str:
        """The name of the table whose item it is about."""
        return self.stream.partition("/")[0]


def bury(letter: DeadLetter) -> None:
    """Store it, or add it to what is stored of its item; once, however often the same record comes back.

    Raises:
        errors.Busy: DynamoDB throttled the write beyond the SDK's retries.
    """
    item = _item(letter)
    if dynamo.put_new(item):
        return
    again = [
        DeadLetterItem.stream.set(item.stream),
        DeadLetterItem.shard.set(item.shard),
        DeadLetterItem.sequence.set(item.sequence),
        DeadLetterItem.error.set(item.error),
        DeadLetterItem.attempts.add(item.attempts),
        DeadLetterItem.again_at.set(item.at),
        DeadLetterItem.is_removal.set(item.is_removal),
    ]
    is_another = DeadLetterItem.pk.exists() & (DeadLetterItem.sequence != letter.sequence)
    try:
        dynamo.update(DeadLetterItem(_PK, letter.id), again, is_another)
    except dynamo.ConditionFailed:
        # It is this record that is stored, or what was stored has been settled since.
        dynamo.put_new(item)


def newest() -> Sequence[DeadLetter]:
    """Return the newest dead letters, newest first: `MAX_LISTED` of the first `MAX_COUNTED`.

    Raises:
        errors.Busy: DynamoDB throttled the read beyond the SDK's retries, or gave no answer.
    """
    found = map(_letter, dynamo.query(DeadLetterItem, _PK, limit=MAX_COUNTED))
    return sorted(found, key=lambda one: one.again_at or one.at, reverse=True)[:MAX_LISTED]


def following(place: str, limit: int) -> Sequence[DeadLetter]:
    """Return up to so many letters by their ids, from the first one behind `place` on ('' : from the beginning).

    Raises:
        errors.Busy: as `newest` does.
    """
    behind = DeadLetterItem.sk > place if place else None
    return list(map(_letter, dynamo.query(DeadLetterItem, _PK, behind, limit=limit)))


def count() -> int:
    """Return how many there are; `MAX_COUNTED` means that or more. Raises errors.Busy as `newest` does."""
    try:
        return DeadLetterItem.count(_PK, limit=MAX_COUNTED, consistent_read=True)
    except QueryError as error:
        raise errors.Busy from error


def get(letter_id: str) -> DeadLetter:
    """Return one. Raises errors.NotFound: it was settled meanwhile, or never was."""
    item = dynamo.get(DeadLetterItem, _PK, letter_id)
    if item is None:
        raise errors.NotFound("This dead letter was settled meanwhile.")
    return _letter(item)


def settle(letter: DeadLetter) -> None:
    """Drop a letter whose item is read now, unless another record of it has failed since.

    Raises:
        errors.Busy: DynamoDB throttled the write beyond the SDK's retries.
    """
    try:
        DeadLetterItem(_PK, letter.id).delete(condition=DeadLetterItem.sequence == letter.sequence)
    except DeleteError as error:
        if dynamo.error_code(error) != dynamo.CONDITION_FAILED:
            raise dynamo.translated(error) from error


def settle_in(tx: Transaction, letter: DeadLetter) -> None:
    """Drop it within a transaction, which is refused with the label `letter` where it was settled or failed anew."""
    tx.delete(DeadLetterItem(_PK, letter.id), DeadLetterItem.sequence == letter.sequence, "letter")


def fail_in(tx: Transaction, letter: DeadLetter, error: str) -> None:
    """Count another failure within a transaction, which is refused as in `settle_in`."""
    again = [
        DeadLetterItem.attempts.add(1),
        DeadLetterItem.again_at.set(clock.now()),
        DeadLetterItem.error.set(error[:_MAX_ERROR]),
    ]
    tx.update(DeadLetterItem(_PK, letter.id), again, DeadLetterItem.sequence == letter.sequence, "letter")


def _item(letter: DeadLetter) -> DeadLetterItem:
    return DeadLetterItem(
        _PK,
        letter.id,
        kind=letter.kind,
        stream=letter.stream,
        shard=letter.shard,
        sequence=letter.sequence,
        keys=dict(letter.keys),
        error=letter.error[:_MAX_ERROR],
        attempts=letter.attempts,
        at=letter.at,
        is_removal=letter.is_removal,
    )


def _letter(item: DeadLetterItem) -> DeadLetter:
    return DeadLetter(
        kind=item.kind,
        stream=item.stream,
        shard=item.shard,
        sequence=item.sequence,
        keys=item.keys,
        error=item.error,
        attempts=int(item.attempts),
        at=item.at,
        again_at=item.again_at,
        is_removal=item.is_removal,
    )
