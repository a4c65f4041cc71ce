"""Files about people: only for whom the role allows it, and whoever takes one along is noted."""

from http import HTTPStatus

import pytest
from django.test import Client

from crm.audit import repository as audit
from crm.staff.models import StaffUser
from tests.campaigns.audience_steps import started

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


@pytest.mark.parametrize("path", ["/dashboard/suppressions/", "/dashboard/analytics/people/"])
def test_who_may_not_export_is_offered_no_file(as_viewer: Client, path: str) -> None:
    page = as_viewer.get(path).content.decode()
    assert "/export/" not in page
    assert ".csv" not in page
