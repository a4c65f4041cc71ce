"""How a test run is told where the real engines are; where it is not, moto stands in for DynamoDB."""

import os

DYNAMODB = "TEST_DYNAMODB_URL"


def dynamodb() -> str | None:
    """Return the address of a real DynamoDB Local, if there is one."""
    return os.environ.get(DYNAMODB)
