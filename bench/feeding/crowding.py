"""Fills both tables fast: `python -m bench.feeding.crowding PEOPLE REGISTRATIONS`, in the environment of a rig.

Items are what the product stores: the person and the owner of the address, the registration and the pointer to it. They
are sent as JSON without a signature, which emulators do not look at; streams are off meanwhile, as for tables that are
older than their streams reach back.
"""

import copy
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import batched, islice
from typing import Any

import django
import urllib3

_EVENTS, _SENDERS, _AT_ONCE, _A_TIME = 500, 4, 64, 25
_UNSIGNED = (
    "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
)
Image = dict[str, dict[str, Any]]


def images(people: int, registrations: int) -> Iterator[Image]:
    """Yield everybody's items."""
    from crm.core import addresses, clock  # noqa: PLC0415 - needs settings
    from crm.people.tables import EmailItem, PersonItem  # noqa: PLC0415
    from crm.registrations.tables import PointerItem, RegistrationItem  # noqa: PLC0415

    now = clock.now()
    person = PersonItem("", "PERSON", email="", city="New York", created_at=now, updated_at=now, tags=["vip"])
    registration = RegistrationItem("", "", event_id="", person_id="", status="registered", registered_at=now)
    registration.event_start_at = registration.created_at = registration.updated_at = now
    models = [one.serialize() for one in (person, EmailItem("", "EMAIL", person_id=""), registration)]
    pointer = PointerItem("", "", event_id="").serialize()
    for number in range(people):
        key, email = f"{number:026}", f"person{number}@crowd.example"
        names = {"first_name": f"First{number % 977}", "last_name": f"Last{number % 4_999}"}
        work = {"company": f"Company {number % 1_999}", "job_title": f"Title {number % 211}"}
        yield _like(models[0], pk=f"PERSON#{key}", email=email, **names, **work)
        yield _like(models[1], pk=f"EMAIL#{addresses.digest(email)}", person_id=key)
        share = registrations * (number + 1) // people - registrations * number // people
        for nth in range(share):
            event = f"event-{(number + nth) % _EVENTS:03}"
            ids = {"event_id": event, "person_id": key}
            yield _like(models[2], pk=f"EVENT#{event}", sk=f"REG#{key}", **ids)
            yield _like(pointer, pk=f"PERSON#{key}", sk=f"REG#{event}", event_id=event)


def _like(model: Image, **texts: str) -> Image:
    made = copy.copy(model)
    for name, text in texts.items():
        made[name] = {"S": text}
    return made


class _Sender:
    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(maxsize=_SENDERS)
        self._url = os.environ["AWS_ENDPOINT_URL_DYNAMODB"]

    def send(self, batch: tuple[Image, ...]) -> int:
        """Store up to 25 items."""
        asked: dict[str, Any] = {"crm": [{"PutRequest": {"Item": image}} for image in batch]}
        while asked:
            answer = self._pool.request(
                "POST",
                self._url,
                body=json.dumps({"RequestItems": asked}),
                headers={
                    "Content-Type": "application/x-amz-json-1.0",
                    "X-Amz-Target": "DynamoDB_20120810.BatchWriteItem",
                    "Authorization": _UNSIGNED,
                },
            )
            assert answer.status == 200, answer.data
            asked = answer.json().get("UnprocessedItems") or {}
        return len(batch)


def _switch(is_on: bool) -> None:
    from crm.core import dynamo  # noqa: PLC0415

    client: Any = dynamo.connection().client
    on = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    for table in dynamo.TABLES:
        name = table.Meta.table_name
        client.update_table(TableName=name, StreamSpecification=on if is_on else {"StreamEnabled": False})
        client.get_waiter("table_exists").wait(TableName=name)


def main() -> None:
    """Fill the tables, a few dozen batches under way at a time."""
    django.setup()
    _switch(is_on=False)
    sender, batches = _Sender(), batched(images(int(sys.argv[1]), int(sys.argv[2])), _A_TIME)
    items = 0
    with ThreadPoolExecutor(_SENDERS) as pool:
        while several := list(islice(batches, _AT_ONCE)):
            items += sum(pool.map(sender.send, several))
    _switch(is_on=True)
    print(json.dumps({"items": items}))


if __name__ == "__main__":
    main()
