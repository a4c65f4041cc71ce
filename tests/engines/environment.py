"""How a test run is told where the real engines are; where it is not, moto stands in for DynamoDB."""

import os

DYNAMODB, OPENSEARCH = "TEST_DYNAMODB_URL", "TEST_OPENSEARCH_URL"


def dynamodb() -> str | None:
    """Return the address of a real DynamoDB Local, if there is one."""
    return os.environ.get(DYNAMODB)


def opensearch() -> str | None:
    """Return the address of a real OpenSearch node, if there is one."""
    return os.environ.get(OPENSEARCH)
