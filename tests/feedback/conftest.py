"""SNS as the product meets it, and a mail that events can be about."""

import hashlib
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings

from crm.core import clock
from crm.core.dynamo import CrmItem, OutboxItem
from crm.deliveries import repository, transitions
from crm.deliveries.entities import UNKNOWN_WAIT, Delivery
from crm.feedback import certificates
from crm.people.entities import Person
from tests import factories
from tests.deliveries import examples
from tests.feedback import signing
from tests.feedback.signing import Web

Post = Callable[..., HttpResponse]
Tell = Callable[..., None]


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, settings: Settings, fresh_counts: None) -> Web:
    """The internet with SNS's certificate in it, and our topic on the list."""
    settings.SES_TOPICS = [signing.TOPIC]
    settings.SES_ENDPOINT = ""
    found = Web({signing.ADDRESS: (200, signing.certificate(signing.key()))})
    monkeypatch.setattr("crm.feedback.certificates.HTTPSConnection", found.connect)
    certificates._known.clear()
    return found


@pytest.fixture
def post(web: Web, tables: None) -> Post:
    """Post a message as SNS does."""

    def send(fields: object, path: str = "/hooks/ses", **environ: str) -> Any:
        body = fields if isinstance(fields, str | bytes) else json.dumps(fields)
        client = Client(enforce_csrf_checks=True)
        return client.post(path, body, content_type="text/plain; charset=UTF-8", **environ)

    return send


@pytest.fixture
def tell(post: Post) -> Tell:
    """Post SES events in envelopes that SNS signed; each must be taken."""

    def send(*messages: object) -> None:
        for message in messages:
            name = hashlib.sha256(json.dumps(message).encode()).hexdigest()[:32]
            assert post(signing.signed(signing.envelope(message, MessageId=name))).status_code == 200

    return send


@pytest.fixture
def mail() -> Delivery:
    """A held mail to somebody we know."""
    return hold(mail_to(factories.person()))


def mail_to(person: Person) -> Delivery:
    """Return a campaign's mail to somebody, not stored yet."""
    return replace(examples.mail(person.id), email=person.fields.email)


def everything() -> list[str]:
    """Return all that is stored, to compare with what is stored later."""
    items = itertools.chain(CrmItem.scan(), OutboxItem.scan())
    return sorted(repr(sorted(item.serialize().items())) for item in items)


def hold(mail: Delivery) -> Delivery:
    """Store a mail and take it to where only news can help."""
    now = clock.now()
    assert repository.create(mail)
    claimed = transitions.claim(mail, claim_id="mine", email=mail.email, now=now)
    assert claimed is not None
    assert transitions.doubt(claimed, "timeout", now)
    assert transitions.hold(read(mail), now + 2 * UNKNOWN_WAIT)
    return read(mail)


def read(mail: Delivery) -> Delivery:
    """Read a mail as it is stored now."""
    found = repository.find(mail.source, mail.shard, mail.person_id, mail.step)
    assert found is not None
    return found
