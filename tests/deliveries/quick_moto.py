"""moto's DynamoDB asked without HTTP: its own evaluation of conditions, a good deal sooner.

Ten thousand sequences are some hundred thousand calls; signing, sending, parsing and routing each through botocore and
moto's HTTP layer is most of what a call costs, and none of it is what the state machine's test is about.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.exceptions import ClientError
from moto.core.exceptions import JsonRESTError
from moto.dynamodb.responses import DynamoHandler
from pynamodb.connection.base import Connection

_OPERATIONS = {"UpdateItem": "update_item", "GetItem": "get_item", "PutItem": "put_item", "Query": "query"}
_REGION, _ACCOUNT = "us-east-1", "123456789012"


def _answer(_connection: Connection, operation: str, given: dict[str, Any]) -> Any:
    handler = DynamoHandler()
    handler.region, handler.current_account, handler.body = _REGION, _ACCOUNT, given
    try:
        return getattr(handler, _OPERATIONS[operation])().result
    except JsonRESTError as error:
        problem = {"Error": {"Code": error.error_type.rpartition("#")[2], "Message": error.message}}
        raise ClientError(problem, operation) from error  # type: ignore[arg-type]


@contextmanager
def direct() -> Iterator[None]:
    """Send PynamoDB's calls straight to moto. The tables must be there."""
    with patch.object(Connection, "_make_api_call", _answer):
        yield
