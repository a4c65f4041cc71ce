"""Rules of signing in and out."""

import pytest
from django.test import Client
from django.urls import reverse

from crm.staff import forms
from crm.staff.models import StaffUser
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
WRONG = "not the password"


def sign_in(client: Client, email: str, password: str, address: str = "127.0.0.1") -> int:
    """Return the status of one try."""
    typed = {"username": email, "password": password}
    return client.post(reverse("sign-in"), typed, REMOTE_ADDR=address).status_code


def test_staff_sign_in_with_their_address_in_any_case(client: Client, owner: StaffUser) -> None:
    assert sign_in(client, "OWNER@crm.example", PASSWORD) == 302
    assert client.session["_auth_user_id"] == str(owner.pk)


def test_wrong_password_says_so_and_keeps_the_address(client: Client, owner: StaffUser) -> None:
    response = client.post(reverse("sign-in"), {"username": owner.email, "password": WRONG})
    assert response.status_code == 422
    assert b"do not belong together" in response.content
    assert owner.email.encode() in response.content


def test_account_is_closed_for_a_while_after_ten_wrong_passwords(client: Client, owner: StaffUser) -> None:
    tries = [sign_in(client, owner.email, WRONG, f"192.0.2.{n}") for n in range(11)]
    assert tries == [422] * 10 + [429]
    assert sign_in(client, owner.email, PASSWORD) == 429


def test_wrong_passwords_for_one_account_leave_others_open(client: Client, owner: StaffUser, viewer: StaffUser) -> None:
    for _ in range(11):
        sign_in(client, owner.email, WRONG)
    assert sign_in(client, viewer.email, PASSWORD) == 302


def test_address_is_refused_after_fifty_wrong_passwords(client: Client, viewer: StaffUser) -> None:
    for n in range(forms._TRIES_ADDRESS):
        sign_in(client, f"guess-{n}@crm.example", WRONG)
    assert sign_in(client, viewer.email, PASSWORD) == 429
    assert sign_in(client, viewer.email, PASSWORD, "192.0.2.7") == 302


def test_signing_in_often_is_no_attack(owner: StaffUser) -> None:
    assert {sign_in(Client(), owner.email, PASSWORD) for _ in range(15)} == {302}


def test_sign_in_never_leads_to_another_site(client: Client, owner: StaffUser) -> None:
    typed = {"username": owner.email, "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post(reverse("sign-in"), typed)["Location"] == reverse("home")


def test_closed_account_cannot_sign_in(client: Client, owner: StaffUser) -> None:
    StaffUser.objects.update(is_active=False)
    assert sign_in(client, owner.email, PASSWORD) == 422


def test_page_without_sign_in_leads_to_it_and_back(client: Client) -> None:
    response = client.get("/dashboard/tokens/")
    assert response["Location"] == "/accounts/sign-in/?next=/dashboard/tokens/"


def test_htmx_is_sent_to_the_sign_in_page_as_a_whole(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/dashboard/people/?q=a"}
    response = client.get("/dashboard/tokens/", headers=headers)
    assert response.status_code == 204
    assert response["HX-Redirect"] == "/accounts/sign-in/?next=%2Fdashboard%2Fpeople%2F"


def test_signing_out_takes_a_post(as_owner: Client) -> None:
    assert as_owner.get(reverse("sign-out")).status_code == 405
    assert as_owner.post(reverse("sign-out"))["Location"] == reverse("sign-in")
    assert "_auth_user_id" not in as_owner.session


def test_root_leads_to_the_dashboard(client: Client) -> None:
    assert client.get("/")["Location"] == reverse("home")
