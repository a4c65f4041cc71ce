"""Whoever wants no more mail gets none: by the page, by one click, whatever mail they had."""

import pytest
from django.test import Client

from crm.analytics import engine as analytics
from crm.audit import repository as audit
from crm.core import clock, rates, transaction
from crm.deliveries import tokens
from crm.deliveries.entities import Delivery
from crm.engagement import subscriptions
from crm.suppressions import repository as suppression_items
from crm.suppressions.entities import COMPLAINT, Suppression
from tests import factories
from tests.engagement.leaving_steps import path, person, press, sent

pytestmark = [pytest.mark.usefixtures("tables"), pytest.mark.django_db]


def test_looking_at_the_page_changes_nothing(browser: Client, mail: Delivery) -> None:
    response = browser.get(path(mail))
    browser.head(path(mail))

    assert response.status_code == 200
    assert "Only from newsletters" in response.text
    assert (person(mail).unsubscribed, person(mail).unsubscribed_from) == (False, ())


def test_page_is_kept_by_nobody_and_shows_no_address_in_full(browser: Client, mail: Delivery) -> None:
    response = browser.get(path(mail))

    assert response["Cache-Control"] == "no-store"
    assert "noindex" in response["X-Robots-Tag"]
    assert mail.email not in response.text
    assert "p…@example.com" in response.text


def test_button_unsubscribes_from_all_mail(browser: Client, mail: Delivery) -> None:
    assert press(browser, mail, "all") == 303
    assert person(mail).unsubscribed
    assert "You are unsubscribed" in browser.get(path(mail)).text


def test_button_unsubscribes_from_this_kind_only(browser: Client, mail: Delivery) -> None:
    press(browser, mail, "kind")

    assert (person(mail).unsubscribed, person(mail).unsubscribed_from) == (False, ("newsletter",))
    assert "You get no more newsletters" in browser.get(path(mail)).text


def test_undo_takes_back_both(browser: Client, mail: Delivery) -> None:
    press(browser, mail, "kind")
    press(browser, mail, "all")

    press(browser, mail, "undo")

    assert (person(mail).unsubscribed, person(mail).unsubscribed_from) == (False, ())


def test_button_that_does_not_exist_is_refused(browser: Client, mail: Delivery) -> None:
    assert press(browser, mail, "everything") == 422


@pytest.mark.parametrize("is_multipart", [False, True])
def test_one_click_unsubscribes_without_cookies_or_redirect(mail: Delivery, is_multipart: bool) -> None:
    browser = Client(enforce_csrf_checks=True)
    body = {"data": {"List-Unsubscribe": "One-Click"}}
    if not is_multipart:
        body = {"data": "List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"}  # type: ignore[dict-item]

    response = browser.post(path(mail), **body)  # type: ignore[arg-type]

    assert (response.status_code, dict(response.cookies)) == (200, {})
    assert person(mail).unsubscribed


def test_one_click_twice_is_one_unsubscribe(mail: Delivery) -> None:
    for _ in range(2):
        assert Client().post(path(mail), {"List-Unsubscribe": "One-Click"}).status_code == 200

    assert [entry.action for entry in audit.history("person", mail.person_id)] == [
        "unsubscribed from all mail",
        "created",
    ]


def test_unsubscribing_is_in_the_history_as_the_recipients_doing(browser: Client, mail: Delivery) -> None:
    press(browser, mail, "kind")

    entry = audit.history("person", mail.person_id)[0]

    assert (entry.action, entry.actor) == ("unsubscribed from newsletters", "recipient")
    assert entry.after == {"unsubscribed_from": ["newsletter"]}


def test_unsubscribing_counts_for_its_campaign_once(mail: Delivery) -> None:
    for _ in range(2):
        Client().post(path(mail), {"List-Unsubscribe": "One-Click"})

    assert analytics.store().campaign_engagement(mail.source).unsubscribed == 1


@pytest.mark.parametrize(("cause", "gets_tickets"), [(COMPLAINT, False), ("", True)])
def test_nobody_whose_address_is_suppressed_is_told_that_they_subscribed_again(
    mail: Delivery, browser: Client, cause: str, gets_tickets: bool
) -> None:
    Client().post(path(mail), {"List-Unsubscribe": "One-Click"})
    tx = transaction.begin()
    suppression_items.add(tx, Suppression(mail.email, "why", clock.now(), cause))
    tx.commit()

    page = browser.get(path(mail)).text
    subscriptions.undo(tokens.read(path(mail).rpartition("/")[2]))

    assert ("Subscribe again" in page, "ticket" in page, "write to" in page) == (False, gets_tickets, True)
    assert person(mail).unsubscribed


@pytest.mark.parametrize("choice", ["all", "kind"])
def test_leaving_needs_no_cookie(mail: Delivery, browser: Client, choice: str) -> None:
    assert browser.post(path(mail), {"choice": choice}).status_code == 303
    assert person(mail).unsubscribed == (choice == "all")
    assert browser.post(path(mail), {"choice": "undo"}).status_code == 403


def test_test_mail_unsubscribes_nobody() -> None:
    mail = sent(factories.person(), kind="test", source="t1")

    response = Client().post(path(mail), {"List-Unsubscribe": "One-Click"})

    assert response.status_code == 200
    assert not person(mail).unsubscribed


def test_confirmation_offers_all_mail_only(browser: Client) -> None:
    mail = sent(factories.person(), kind="confirmation", source="e1", step="confirmation#1")

    assert "Only from" not in browser.get(path(mail)).text
    assert press(browser, mail, "kind") == 303
    assert person(mail).unsubscribed


def test_forged_address_is_not_found_and_unsubscribes_nobody(browser: Client, mail: Delivery) -> None:
    response = browser.post(path(mail)[:-1] + "-", {"List-Unsubscribe": "One-Click"})

    assert response.status_code == 404
    assert not person(mail).unsubscribed


def test_guessing_addresses_is_stopped_but_true_ones_go_on(mail: Delivery) -> None:
    guesses = [Client().get(f"/u/guess{number}").status_code for number in range(40)]

    assert (guesses[0], guesses[-1]) == (404, 429)
    assert Client().post(path(mail), {"List-Unsubscribe": "One-Click"}).status_code == 200


def test_unsubscribing_is_never_too_often(mail: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_count", lambda *_: 10**9)

    assert Client().get(path(mail)).status_code == 429
    assert Client().post(path(mail), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Client().post(path(mail), {"choice": "undo"}).status_code == 429
    assert person(mail).unsubscribed
