"""Transient bounces in DynamoDB, one item per address. Refused as `bounces` where one came meanwhile."""

from datetime import UTC, datetime

from crm.core import clock, dynamo
from crm.core.transaction import Transaction
from crm.feedback.entities import TRANSIENT_WITHIN, Bounces
from crm.feedback.tables import BOUNCES_SK, BouncesItem, bounces_pk


def find(email: str) -> Bounces:
    """Read an address's transient bounces consistently."""
    item = dynamo.get(BouncesItem, bounces_pk(email), BOUNCES_SK)
    return Bounces() if item is None else Bounces(tuple(sorted(map(_parsed, item.told))), int(item.version))


def keep(tx: Transaction, email: str, bounces: Bounces) -> None:
    """Store an address's bounces in an open transaction, if they are still those that were read."""
    told = {f"{clock.epoch_ms(at)}#{key}" for at, key in bounces.told}
    expires_at = bounces.told[-1][0] + 2 * TRANSIENT_WITHIN
    item = BouncesItem(bounces_pk(email), BOUNCES_SK)
    if not bounces.version:
        item.told, item.expires_at = told, expires_at
        tx.create(item, label="bounces")
        return
    actions = [BouncesItem.told.set(told), BouncesItem.expires_at.set(expires_at)]
    # Nothing else writes it, so its version says whether one came meanwhile.
    tx.update(item, actions, BouncesItem.version == bounces.version, label="bounces")


def _parsed(told: str) -> tuple[datetime, str]:
    moment, key = told.split("#", 1)
    return datetime.fromtimestamp(int(moment) / 1000, UTC), key
