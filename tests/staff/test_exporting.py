"""Files about people: only for whom the role allows it, and whoever takes one along is noted."""

from http import HTTPStatus

import pytest
from django.test import Client

from crm.audit import repository as audit
from crm.core import errors
from crm.staff.models import StaffUser
from tests import factories
from tests.campaigns.audience_steps import started
from tests.worker.outbox_fakes import suppress

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]
FILES = [
    ("/dashboard/people/export/", "people"),
    ("/dashboard/suppressions/export/", "suppressions"),
    ("/dashboard/analytics/people.csv", "people"),
    ("/dashboard/campaigns/{campaign}/proof/csv/", "people"),
]


@pytest.mark.parametrize(("path", "kind"), FILES)
def test_file_about_people_is_given_to_whom_may_export_and_noted(
    as_owner: Client, as_viewer: Client, owner: StaffUser, path: str, kind: str
) -> None:
    address = path.format(campaign=started().id)
    assert as_viewer.get(address).status_code == HTTPStatus.FORBIDDEN
    assert audit.history(kind, "export") == []
    assert as_owner.get(address).status_code == HTTPStatus.OK
    (noted,) = audit.history(kind, "export")
    assert (noted.action, noted.actor) == ("exported", f"staff:{owner.pk}")


@pytest.mark.parametrize("path", ["/dashboard/people/", "/dashboard/suppressions/", "/dashboard/analytics/people/"])
def test_file_is_offered_to_whom_may_export_alone(as_owner: Client, as_viewer: Client, path: str) -> None:
    factories.person()
    suppress("eve@example.com")
    is_offered = ["/export/" in page or ".csv" in page for page in _pages(path, as_owner, as_viewer)]
    assert is_offered == [True, False]


@pytest.mark.parametrize(("path", "kind"), FILES)
def test_nothing_is_handed_out_where_that_cannot_be_noted(
    as_owner: Client, path: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise errors.Busy

    address = path.format(campaign=started().id)
    monkeypatch.setattr("crm.audit.repository.record", busy)
    assert as_owner.get(address).status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert audit.history(kind, "export") == []


def _pages(path: str, *clients: Client) -> list[str]:
    return [client.get(path).content.decode() for client in clients]
