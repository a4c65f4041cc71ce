"""Rules of staff accounts and roles."""

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError

from crm.staff.models import OWNER, VIEWER, StaffUser
from crm.staff.permissions import PERMISSIONS

pytestmark = pytest.mark.django_db


def test_owner_may_do_everything(owner: StaffUser) -> None:
    assert owner.get_all_permissions() == set(PERMISSIONS)


def test_viewer_may_only_look(viewer: StaffUser) -> None:
    assert viewer.get_all_permissions() == {"crm.view"}


def test_account_without_role_may_do_nothing() -> None:
    assert StaffUser.objects.create_user("nobody@crm.example", "x").get_all_permissions() == set()


def test_account_without_password_cannot_sign_in() -> None:
    assert not StaffUser.objects.create_user("nobody@crm.example").has_usable_password()


def test_address_is_one_account_in_any_case(owner: StaffUser) -> None:
    with pytest.raises(IntegrityError):
        StaffUser.objects.create_user(" OWNER@CRM.example ", "x")


def test_unknown_role_is_refused() -> None:
    with pytest.raises(Group.DoesNotExist):
        StaffUser.objects.create_user("a@crm.example", "x", role="emperor")


def test_roles_are_owner_and_viewer() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == {OWNER, VIEWER}


def test_account_is_called_by_its_name_else_by_its_address(owner: StaffUser) -> None:
    owner.name = ""
    assert str(owner) == "owner@crm.example"
