"""Rules of the API tokens page."""

import re

import pytest
from django.test import Client

from crm.staff import queries, tokens

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables")]
PAGE = "/dashboard/tokens/"
CHOICES = {"name": "Badge printer", "scopes": ["read"], "days": "90"}
TEXT = re.compile(r"crm_[a-z0-9]{26}_[\w-]{43}")


def test_new_token_is_shown_once(as_owner: Client) -> None:
    page = as_owner.post(PAGE, CHOICES)
    shown = set(TEXT.findall(page.content.decode()))
    assert len(shown) == 1
    assert tokens.caller(shown.pop()) is not None
    assert "no-store" in page["Cache-Control"]
    assert not TEXT.search(as_owner.get(PAGE).content.decode())


def test_list_names_maker_scopes_and_state(as_owner: Client) -> None:
    as_owner.post(PAGE, CHOICES)
    page = as_owner.get(PAGE).content.decode()
    assert all(word in page for word in ("Badge printer", "Olga Owner", "read", "Works", "never"))


def test_choices_that_break_a_rule_are_kept_and_named(as_owner: Client) -> None:
    page = as_owner.post(PAGE, {"name": "Badge printer", "days": "90"})
    assert page.status_code == 422
    assert b"Choose at least one." in page.content
    assert b"Badge printer" in page.content
    assert not queries.tokens()


def test_revoking_asks_first(as_owner: Client) -> None:
    as_owner.post(PAGE, CHOICES)
    (row,) = queries.tokens()
    address = f"{PAGE}{row.token.id}/revoke/"
    assert b"cannot be brought back" in as_owner.get(address).content
    assert queries.tokens()[0].state == "works"
    assert as_owner.post(address)["Location"] == PAGE
    assert queries.tokens()[0].state == "revoked"


def test_unknown_token_is_a_404_page(as_owner: Client) -> None:
    assert as_owner.get(f"{PAGE}nobody/revoke/").status_code == 404


def test_viewer_neither_sees_nor_makes_nor_revokes_tokens(as_viewer: Client) -> None:
    assert as_viewer.get(PAGE).status_code == 403
    assert as_viewer.post(PAGE, CHOICES).status_code == 403
    assert as_viewer.post(f"{PAGE}nobody/revoke/").status_code == 403
    assert not queries.tokens()


def test_post_without_csrf_token_is_refused(owner: object) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)
    refused = browser.post(PAGE, CHOICES)
    assert refused.status_code == 403
    assert b"Load the page again" in refused.content
    assert not queries.tokens()
