"""What could not be read: stream records that could not be projected, and SES's events about mails.

The stream goes on without a record; its item's next image heals the row. Of an event the words are kept, to be read by
people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from crm.core import dynamo
from crm.core.dynamo import CrmItem

_PK = "DEADLETTER"
MAX_LISTED = 100
_MAX_ERROR = 1_000


class DeadLetterItem(CrmItem, discriminator="dead_letter"):
    """A record by its place in the stream and its item's keys; never the image, which may be as large as an item.

    Of an event of SES, `keys` holds the `message` and `sequence` its id.
    """

    stream = UnicodeAttribute()
    shard = UnicodeAttribute()
    sequence = UnicodeAttribute()
    keys = JSONAttribute()
    error = UnicodeAttribute()
    attempts = NumberAttribute()
    at = UTCDateTimeAttribute()


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Which record of which item failed, and why. `at` is when the record was written."""

    stream: str
    shard: str
    sequence: str
    keys: Mapping[str, object]
    error: str
    attempts: int
    at: datetime


def bury(letter: DeadLetter) -> None:
    """Store it once, however often the same record comes back.

    Raises:
        errors.Busy: DynamoDB throttled the write beyond the SDK's retries.
    """
    dynamo.put_new(
        DeadLetterItem(
            _PK,
            f"{letter.at.isoformat()}#{letter.shard}#{letter.sequence}",
            stream=letter.stream,
            shard=letter.shard,
            sequence=letter.sequence,
            keys=dict(letter.keys),
            error=letter.error[:_MAX_ERROR],
            attempts=letter.attempts,
            at=letter.at,
        )
    )


def newest() -> Sequence[DeadLetter]:
    """Return the newest dead letters, newest first, at most `MAX_LISTED`."""
    found = DeadLetterItem.query(_PK, scan_index_forward=False, limit=MAX_LISTED, consistent_read=True)
    return [
        DeadLetter(item.stream, item.shard, item.sequence, item.keys, item.error, int(item.attempts), item.at)
        for item in found
    ]
