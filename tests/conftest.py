"""Every unit test runs against moto's DynamoDB in process and a fresh read model file."""

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import pytest
from django.test import Client
from moto import mock_aws
from pytest_django.fixtures import Settings

from crm.core import rates
from crm.search import engine
from crm.staff.models import OWNER, VIEWER, StaffUser
from tests import quick_tables
from tests.engines import environment as engines
from tests.engines import real_tables

PASSWORD = "correct horse battery"

# How long an example takes says how busy the machine is, and nothing about the rule that it tries.
hypothesis.settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any-machine")


@pytest.fixture(autouse=True)
def plain_static_files(settings: Settings) -> None:
    """Pages name static files as they lie in static/: no test waits for `collectstatic`."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    """Hashing slowly is the point of a password's hash, but not of these tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def fresh_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has asked for anything yet, and the windows in which it is counted do not turn meanwhile."""
    monkeypatch.setattr(rates, "_counts", rates._Counts())
    monkeypatch.setattr(rates, "time", SimpleNamespace(time=lambda: 1_000.0, monotonic=time.monotonic))


@pytest.fixture
def data_dir(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A folder of the test's own for the read model."""
    settings.READ_MODEL_URL = f"sqlite:///{tmp_path / 'read.sqlite3'}"
    # Taken now: by the end a test may have named another one. It opens no file before it is asked for something.
    store = engine.sqlite_store()
    yield tmp_path
    store.database.close()


@pytest.fixture
def tables(data_dir: Path) -> Iterator[None]:
    """Both tables, empty, on moto or DynamoDB Local, with a read model that shows authors what they wrote."""
    if engines.dynamodb():
        with real_tables.made():
            yield
        return
    # The clients stay from test to test: building them costs more than the tables do.
    with mock_aws(), quick_tables.made():
        yield


@pytest.fixture
def owner(db: None) -> StaffUser:
    """Somebody who may do everything."""
    return StaffUser.objects.create_user("Owner@crm.example", PASSWORD, role=OWNER, name="Olga Owner")


@pytest.fixture
def viewer(db: None) -> StaffUser:
    """Somebody who may only look."""
    return StaffUser.objects.create_user("viewer@crm.example", PASSWORD, role=VIEWER, name="Vik Viewer")


@pytest.fixture
def as_owner(owner: StaffUser) -> Client:
    """A browser in which the owner is signed in."""
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def as_viewer(viewer: StaffUser) -> Client:
    """A browser in which the viewer is signed in."""
    client = Client()
    client.force_login(viewer)
    return client
