"""A mail's item is small: DynamoDB charges each kilobyte of a write."""

from dataclasses import replace

import pytest

from crm.core import clock
from crm.deliveries import repository, transitions
from crm.deliveries.entities import Delivery
from tests.deliveries import examples

pytestmark = pytest.mark.usefixtures("tables")


def test_delivery_stays_under_a_kilobyte() -> None:
    mail = replace(
        examples.mail("01hzy3v7q8k9m2n4p6r8s0t2v4", source="01hzy3v7q8k9m2n4p6r8s0t2v5"),
        email="a.rather.long.name.of.a.person@a.rather.long.domain.example.com",
        subject="招待状" * 26,
    )
    assert repository.create(mail)
    assert transitions.claim(mail, claim_id="01hzy3v7q8k9m2n4p6r8s0t2v6", email=mail.email, now=clock.now()) is not None

    assert _stored_bytes(mail) < 1_000


def _stored_bytes(mail: Delivery) -> int:
    keys = repository.key(mail)
    raw = type(keys).get(keys.pk, keys.sk).serialize()
    values = [next(iter(value.values())) for value in raw.values()]
    return sum(map(len, raw)) + sum(len(v.encode()) if isinstance(v, str) else 1 for v in values)
