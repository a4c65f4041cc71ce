"""Every unit test runs against moto's DynamoDB in process and a fresh read model file."""

import os
from collections.abc import Iterator
from pathlib import Path

# Before Django's settings are read; a test never talks to a real endpoint by accident.
os.environ.update(
    DEMO="1",
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    OUTBOX_SHARDS="1",
)

import pytest
from moto import mock_aws
from pytest_django.fixtures import SettingsWrapper

from crm.core import dynamo


@pytest.fixture
def tables() -> Iterator[None]:
    """Both tables, empty, on moto."""
    with mock_aws():
        for table in dynamo.TABLES:
            table._connection = None
        dynamo.create_tables()
        yield
        for table in dynamo.TABLES:
            table._connection = None


@pytest.fixture
def data_dir(tmp_path: Path, settings: SettingsWrapper) -> Path:
    """A folder of the test's own for the read model."""
    settings.READ_MODEL_URL = f"sqlite:///{tmp_path / 'read.sqlite3'}"
    return tmp_path
