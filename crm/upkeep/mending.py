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


# A sweep tries so many: a projection that is broken may have laid aside as many as there are items.
AT_ONCE = 100


class Gone(Exception):
    """What nobody could read is that the item was removed: the read model may show it until it is built anew."""


def bring(letter: DeadLetter, store: SearchStore) -> None:
    """Store what the item of a letter is now. Where there is none, the record of its removal is what counts.

    Raises:
        Gone: there is none, and the record of its removal is the very one that failed.
        errors.Busy: DynamoDB or the read model does not answer.
        Exception: whatever reading or storing it fails with, as before.
    """
    table = next(one for one in dynamo.TABLES if one.Meta.table_name == letter.table)
    image = dynamo.image(table, letter.keys["pk"], letter.keys["sk"])
    if image is None:
        if letter.is_removal:
            raise Gone
        return
    item = dynamo.decode(image, table)
    store.apply(documents.of([Change(item, int(item.version))]))


def sweep(store: SearchStore, place: str = "", *, is_rebuilt: bool = False) -> str:
    """Settle those of the next letters behind `place` whose items can be read now, or are gone.

    Return the place of the next sweep; '' where it is to begin anew. `is_rebuilt`: the store has nothing of items that
    are gone.

    Raises:
        errors.Busy: DynamoDB or the read model does not answer.
    """
    letters = dead_letters.following(place, AT_ONCE)
    for letter in letters:
        if letter.is_item and _is_moot(letter, store, is_rebuilt=is_rebuilt):
            dead_letters.settle(letter)
    return letters[-1].id if len(letters) == AT_ONCE else ""


def sweep_all(store: SearchStore) -> None:
    """Settle every letter that a store just built anew has made moot. Raises errors.Busy as `sweep` does."""
    place = sweep(store, is_rebuilt=True)
    while place:
        place = sweep(store, place, is_rebuilt=True)


def _is_moot(letter: DeadLetter, store: SearchStore, *, is_rebuilt: bool) -> bool:
    try:
        bring(letter, store)
    except errors.Busy:
        raise
    except Gone:
        return is_rebuilt
    except Exception as error:
        log.info("%s stays laid aside: %s", letter.keys, type(error).__name__)
        return False
    log.info("the read model has %s as it is again", letter.keys)
    return True
