"""Bringing to the read model what was laid aside, from what its item is now.

Whatever mended it, be it the item's next image, a release that understands it, or a stream that had it spoilt: the item
itself is read anew, so that no order of events can bring an old image back.
"""

import logging

from crm.core import dead_letters, dynamo, errors
from crm.core.changes import Change
from crm.core.dead_letters import DeadLetter
from crm.search import documents
from crm.search.store import SearchStore

log = logging.getLogger(__name__)


class Gone(Exception):
    """There is no such item any more. What the read model has of it, only building it anew can tell."""


def bring(letter: DeadLetter, store: SearchStore) -> None:
    """Store what the item of a letter is now.

    Raises:
        Gone: there is no such item.
        errors.Busy: DynamoDB or the read model does not answer.
        Exception: whatever reading or storing it fails with, as before.
    """
    table = next(one for one in dynamo.TABLES if one.Meta.table_name == letter.table)
    image = dynamo.image(table, letter.keys["pk"], letter.keys["sk"])
    if image is None:
        raise Gone
    item = dynamo.decode(image, table)
    store.apply(documents.of([Change(item, int(item.version))]))


def sweep(store: SearchStore, *, is_rebuilt: bool = False) -> None:
    """Settle the letters whose items can be read now. `is_rebuilt`: the store has nothing of items that are gone.

    Raises:
        errors.Busy: DynamoDB or the read model does not answer.
    """
    for letter in dead_letters.newest():
        if not letter.is_item:
            continue
        try:
            bring(letter, store)
        except errors.Busy:
            raise
        except Gone:
            if is_rebuilt:
                dead_letters.settle(letter)
        except Exception as error:
            log.info("%s stays laid aside: %s", letter.keys, type(error).__name__)
        else:
            log.info("%s is in the read model again", letter.keys)
            dead_letters.settle(letter)
