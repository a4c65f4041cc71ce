"""What AWS is told about who calls: the product's name, which costs nothing to write."""

from typing import Any

import pytest

from crm.core import dynamo
from crm.core.agent import USER_AGENT


@pytest.fixture
def new_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB's clients as a process builds them at its start."""
    for table in dynamo.TABLES:
        monkeypatch.setattr(table, "_connection", None)


@pytest.mark.usefixtures("new_clients")
def test_clients_of_dynamodb_name_the_product_briefly() -> None:
    dynamo.warm_up()

    # The stubs do not know what options a Config has.
    configs: list[Any] = [table._get_connection().connection.client.meta.config for table in dynamo.TABLES]
    assert [config.user_agent for config in configs] == [USER_AGENT] * 2
    # The rest of what the tables ask for is kept.
    assert {(config.max_pool_connections, config.read_timeout) for config in configs} == {(64, 5)}
