"""Stored images become the items that PynamoDB would make of them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pynamodb.exceptions import AttributeDeserializationError

from crm.core import dynamo
from crm.core.dynamo import CrmItem, Item
from crm.people.tables import PersonItem
from crm.registrations.tables import RegistrationItem, TouchMap

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def _person() -> PersonItem:
    named = {"email": "ada@example.com", "tags": ["vip", "press"], "events_attended": 3, "unsubscribed": True}
    return PersonItem("PERSON#1", "PERSON", in_charge_of={"a", "b"}, created_at=AT, updated_at=AT, **named)


def _registration() -> RegistrationItem:
    ids = {"event_id": "e", "person_id": "p", "status": "registered", "event_start_at": AT}
    touch = TouchMap(source="news", at=AT)  # type: ignore[no-untyped-call]
    return RegistrationItem("EVENT#e", "REG#p", first_touch=touch, created_at=AT, updated_at=AT, **ids)


def _plain(item: Item) -> dict[str, Any]:
    return {name: getattr(value, "attribute_values", value) for name, value in item.attribute_values.items()}


@pytest.mark.parametrize("item", [_person(), _registration()])
@pytest.mark.parametrize("without", ["", "email", "tags", "event_id", "created_at", "version"])
def test_an_image_is_decoded_as_pynamodb_does(item: Item, without: str) -> None:
    image = item.serialize()
    image.pop(without, None)
    decoded, wanted = dynamo.decode(image, CrmItem), CrmItem.from_raw_data(image)
    assert type(decoded) is type(item)
    assert _plain(decoded) == _plain(wanted)


def test_a_value_that_is_null_is_as_good_as_none() -> None:
    image = _person().serialize() | {"email": {"NULL": True}}
    assert dynamo.decode(image, CrmItem).attribute_values == CrmItem.from_raw_data(image).attribute_values


def test_values_of_another_type_and_items_of_no_known_type_are_refused() -> None:
    image = _person().serialize()
    with pytest.raises(AttributeDeserializationError):
        dynamo.decode(image | {"email": {"N": "1"}}, CrmItem)
    with pytest.raises(ValueError, match="Unknown discriminator"):
        dynamo.decode(image | {"type": {"S": "nobody"}}, CrmItem)
