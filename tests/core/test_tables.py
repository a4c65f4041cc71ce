"""Making the tables: what is missing is added, what is there stays."""

import boto3
import pytest
from django.core.management import call_command

from crm.core import dynamo
from crm.core.dynamo import CrmItem

pytestmark = pytest.mark.usefixtures("tables")
TABLE = CrmItem.Meta.table_name


def _told() -> dict[str, str]:
    found: dict[str, str] = dynamo.connection().client.describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]
    return found


def _switch(attribute: str, *, on: bool) -> None:
    dynamo.connection().client.update_time_to_live(
        TableName=TABLE, TimeToLiveSpecification={"Enabled": on, "AttributeName": attribute}
    )


def test_new_tables_have_expired_items_deleted() -> None:
    assert _told() == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


def test_a_table_of_an_earlier_release_gets_that_too() -> None:
    _switch("expires_at", on=False)
    call_command("create_tables", verbosity=0)
    assert _told() == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


@pytest.mark.parametrize("status", ["ENABLED", "ENABLING"])
def test_where_it_is_on_nothing_is_asked_for_again(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB refuses to be told so twice within an hour; the role then needs to read only."""
    client, asked = dynamo.connection().client, []
    told = {"TimeToLiveDescription": {"TimeToLiveStatus": status, "AttributeName": "expires_at"}}
    monkeypatch.setattr(client, "describe_time_to_live", lambda **_: told)
    monkeypatch.setattr(client, "update_time_to_live", lambda **given: asked.append(given))
    call_command("create_tables", verbosity=0)
    assert asked == []


def test_mails_never_expire() -> None:
    found = boto3.client("dynamodb").describe_time_to_live(TableName=dynamo.OutboxItem.Meta.table_name)
    assert found["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED"
