"""Every unit test runs against moto's DynamoDB in process and a fresh read model file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws
from pytest_django.fixtures import Settings

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


@pytest.fixture(autouse=True)
def plain_static_files(settings: Settings) -> None:
    """Pages name static files as they lie in static/: no test waits for `collectstatic`."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture
def data_dir(tmp_path: Path, settings: Settings) -> Path:
    """A folder of the test's own for the read model."""
    settings.READ_MODEL_URL = f"sqlite:///{tmp_path / 'read.sqlite3'}"
    return tmp_path
