"""Leases: who may do a piece of work now. Two processes that both believe they may are told apart here.

A lease says who *should* work, it does not fence: what is done under one must stay harmless when done twice.
Times are compared between machines, so give a lease several times the clocks' difference.
"""

import os
import secrets
import socket
from datetime import timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DeleteError

from crm.core import clock, dynamo
from crm.core.dynamo import CrmItem


class LeaseItem(CrmItem, discriminator="lease"):
    """Held by `owner` until `expires_at` (epoch ms)."""

    owner = UnicodeAttribute()
    expires_at = NumberAttribute()


def owner() -> str:
    """Return a name for the caller that no other caller has, and that says where to look for it."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


def _pk(name: str) -> str:
    return f"LEASE#{name}"


def acquire(name: str, owner: str, seconds: float) -> bool:
    """Take the lease if it is free, expired or already `owner`'s. Return whether `owner` now holds it.

    A put, not an update: an update would create the item without its type.

    Raises:
        errors.Busy: DynamoDB throttled the write beyond the SDK's retries.
    """
    expired = LeaseItem.expires_at < clock.epoch_ms(clock.now())
    item = LeaseItem(_pk(name), "LEASE", owner=owner, expires_at=_expiry(seconds))
    return dynamo.put_new(item, or_if=expired | (LeaseItem.owner == owner))


def renew(name: str, owner: str, seconds: float) -> bool:
    """Prolong a lease that is still `owner`'s to `seconds` from now. False: somebody else has it, or nobody.

    Raises:
        errors.Busy: DynamoDB throttled the write beyond the SDK's retries.
    """
    try:
        dynamo.update(
            LeaseItem(_pk(name), "LEASE"),
            [LeaseItem.expires_at.set(_expiry(seconds))],
            LeaseItem.owner == owner,
        )
    except dynamo.ConditionFailed:
        return False
    return True


def release(name: str, owner: str) -> None:
    """Give the lease back, if it is still `owner`'s; the next one need not wait for it to expire.

    Raises:
        errors.Busy: DynamoDB throttled the write beyond the SDK's retries.
    """
    try:
        LeaseItem(_pk(name), "LEASE").delete(condition=LeaseItem.owner == owner)
    except DeleteError as error:
        if dynamo.error_code(error) != dynamo.CONDITION_FAILED:
            raise dynamo.translated(error) from error


def _expiry(seconds: float) -> int:
    return clock.epoch_ms(clock.now() + timedelta(seconds=seconds))
