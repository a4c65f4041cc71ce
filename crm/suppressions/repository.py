"""Do-not-mail entries in DynamoDB, one per address. Refused as `suppression` where they were changed meanwhile."""

from collections.abc import Iterable
from datetime import datetime

from pynamodb.expressions.update import Action

from crm.core import addresses, clock, dynamo
from crm.core.transaction import Transaction
from crm.suppressions.entities import Suppression
from crm.suppressions.tables import SUPPRESSION_SK, SuppressionItem, suppression_pk, suppression_pk_of

_LABEL = "suppression"


def which(emails: Iterable[str]) -> dict[str, bool]:
    """Return those of the addresses that stand on the list, read consistently in batches: whether all mail is stopped.

    Where it is not, only campaigns' is.
    """
    asked = {email: suppression_pk(email) for email in emails}
    found = dynamo.get_many(SuppressionItem, [(pk, SUPPRESSION_SK) for pk in asked.values()])
    standing = {item.pk: bool(item.cause) for item in found.values() if not item.lifted}
    return {email: standing[pk] for email, pk in asked.items() if pk in standing}


def find(email: str) -> Suppression | None:
    """Read an address's standing entry consistently, or None."""
    return get(addresses.digest(email))


def add(tx: Transaction, entry: Suppression) -> None:
    """Add an address's entry to an open transaction, or make its lifted one stand again."""
    item = SuppressionItem(suppression_pk(entry.email), SUPPRESSION_SK)
    if dynamo.get(SuppressionItem, item.pk, item.sk) is None:
        item.email, item.reason, item.created_at = entry.email, entry.reason, entry.created_at
        item.cause = entry.cause or None
        tx.create(item, label=_LABEL)
        return
    actions = [*_told(entry), SuppressionItem.email.set(entry.email), SuppressionItem.lifted.set(False)]
    tx.update(item, actions, SuppressionItem.lifted == True, label=_LABEL)  # noqa: E712 - builds an expression


def replace(tx: Transaction, standing: Suppression, entry: Suppression) -> None:
    """Let another cause stand for an address; refused as `suppression` where the entry is not as it was read."""
    item = SuppressionItem(suppression_pk(entry.email), SUPPRESSION_SK)
    as_read = (SuppressionItem.lifted == False) & (SuppressionItem.created_at == standing.created_at)  # noqa: E712
    tx.update(item, _told(entry), as_read & (SuppressionItem.reason == standing.reason), label=_LABEL)


def _told(entry: Suppression) -> list[Action]:
    cause = SuppressionItem.cause.set(entry.cause) if entry.cause else SuppressionItem.cause.remove()
    return [SuppressionItem.reason.set(entry.reason), SuppressionItem.created_at.set(entry.created_at), cause]


def get(suppression_id: str) -> Suppression | None:
    """Read a standing entry by its id, consistently, or None."""
    item = dynamo.get(SuppressionItem, suppression_pk_of(suppression_id), SUPPRESSION_SK)
    if item is None or item.lifted:
        return None
    return Suppression(item.email, item.reason, item.created_at, item.cause or "")


def lifted_at(email: str) -> datetime | None:
    """Read when an address's entry was last lifted, consistently, or None."""
    item = dynamo.get(SuppressionItem, suppression_pk(email), SUPPRESSION_SK)
    return None if item is None else item.lifted_at


def lift(tx: Transaction, suppression_id: str) -> None:
    """Let an entry stand no longer; refused as `suppression` where it does not."""
    item = SuppressionItem(suppression_pk_of(suppression_id), SUPPRESSION_SK)
    actions = [SuppressionItem.lifted.set(True), SuppressionItem.lifted_at.set(clock.now())]
    tx.update(item, actions, SuppressionItem.lifted == False, label=_LABEL)  # noqa: E712 - builds an expression
