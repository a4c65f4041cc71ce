"""Staff to sign in as, and counters that no other test has used."""

import pytest
from django.test import Client

from crm.core import rates
from crm.staff.models import OWNER, VIEWER, StaffUser

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def fresh_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has tried anything yet."""
    monkeypatch.setattr(rates, "_counts", rates._Counts())


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
