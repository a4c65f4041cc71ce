"""Staff accounts from the command line."""

import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from crm.staff.models import OWNER, VIEWER, StaffUser

pytestmark = pytest.mark.django_db

PASSWORD = "seventeen-red-kites"


def create(monkeypatch: pytest.MonkeyPatch, password: str = PASSWORD, **choices: object) -> str:
    """Make a viewer whose password comes from standard input; return what is printed."""
    monkeypatch.setattr(sys, "stdin", StringIO(password + "\n"))
    out = StringIO()
    given = {"email": "Vera@crm.example", "role": VIEWER, "password_stdin": True, **choices}
    call_command("create_staff", stdout=out, **given)
    return out.getvalue()


@pytest.mark.parametrize(("role", "may_edit"), [(OWNER, True), (VIEWER, False)])
def test_account_signs_in_with_its_role(monkeypatch: pytest.MonkeyPatch, role: str, may_edit: bool) -> None:
    printed = create(monkeypatch, role=role, name="Vera")
    account = StaffUser.objects.get(email="vera@crm.example")
    assert account.check_password(PASSWORD)
    assert (account.name, account.has_perm("crm.view"), account.has_perm("crm.edit")) == ("Vera", True, may_edit)
    assert PASSWORD not in printed


@pytest.mark.parametrize("password", ["", "short", "vera@crm.example"])
def test_weak_password_makes_no_account(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    with pytest.raises(CommandError):
        create(monkeypatch, password)
    assert not StaffUser.objects.exists()


def test_address_has_one_account(monkeypatch: pytest.MonkeyPatch) -> None:
    create(monkeypatch)
    with pytest.raises(CommandError, match="has an account already"):
        create(monkeypatch, email="VERA@crm.example")
    with pytest.raises(CommandError, match="valid email"):
        create(monkeypatch, email="nobody")


def test_passwords_that_differ_make_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([PASSWORD, "another-one-than-that"])
    monkeypatch.setattr("getpass.getpass", lambda *_: next(answers))
    with pytest.raises(CommandError, match="differ"):
        create(monkeypatch, password_stdin=False)
    assert not StaffUser.objects.exists()
