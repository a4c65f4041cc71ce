"""Whoever wants no more mail gets none: by the page, by one click, and in every state their mail is in."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from crm.analytics import engine as analytics
from crm.audit import repository as audit
from crm.campaigns import repository as campaigns
from crm.campaigns.entities import Campaign
from crm.core import addresses, clock, rates, transaction
from crm.deliveries import repository as deliveries
from crm.deliveries import tokens
from crm.deliveries.entities import Delivery
from crm.deliveries.standing import Standing
from crm.deliveries.tokens import MailRef
from crm.engagement import subscriptions
from crm.people import actions as people_actions
from crm.people import repository as people
from crm.people.entities import Person
from crm.suppressions import actions as suppressions
from crm.suppressions import repository as suppression_items
from crm.suppressions.entities import COMPLAINT, Suppression
from tests import factories
from tests.campaigns.audience_steps import started
from tests.deliveries import examples

pytestmark = [pytest.mark.usefixtures("tables"), pytest.mark.django_db]


@pytest.fixture
def mail() -> Delivery:
    """A newsletter sent to somebody."""
    campaign: Campaign = started()
    return sent(factories.person(), source=campaign.id)


@pytest.fixture
def browser() -> Client:
    """A browser that protects its forms, as browsers do."""
    return Client(enforce_csrf_checks=True)


def sent(person: Person, **values: object) -> Delivery:
    given = {"person_id": person.id, "email": person.fields.email, "state": "sent", "due_at": None, **values}
    made = replace(examples.mail(), **given)  # type: ignore[arg-type]
    deliveries.create(made)
    return made


def path(mail: Delivery) -> str:
    return urlsplit(tokens.unsubscribe_url(tokens.of(mail))).path


def person(mail: Delivery) -> Person:
    found = people.find(mail.person_id)
    assert found is not None
    return found


def press(browser: Client, mail: Delivery, choice: str) -> int:
    """Open the page and press one of its buttons."""
    browser.get(path(mail))
    cookie = browser.cookies.get("csrftoken")
    given = {"choice": choice} | ({"csrfmiddlewaretoken": cookie.value} if cookie else {})
    return browser.post(path(mail), given).status_code


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


def test_clash_with_another_write_is_decided_again(mail: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    find, moved = people.find, []

    def find_and_move(person_id: str) -> Person | None:
        found = find(person_id)
        if not moved:
            moved.append(person_id)
            people_actions.patch(person_id=person_id, values={"city": "Berlin"}, actor=factories.ACTOR)
        return found

    monkeypatch.setattr(people, "find", find_and_move)
    Client().post(path(mail), {"List-Unsubscribe": "One-Click"})

    found = find(mail.person_id)
    assert found is not None
    assert (found.unsubscribed, found.fields.city) == (True, "Berlin")


def test_two_wishes_at_once_are_both_kept(mail: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    find, others = people.find, []

    def find_before_another(person_id: str) -> Person | None:
        found = find(person_id)
        if not others:
            others.append(person_id)
            another = MailRef(mail.source, mail.shard, mail.person_id, mail.step)
            subscriptions.unsubscribe(another, only_kind=True)
        return found

    monkeypatch.setattr(people, "find", find_before_another)
    Client().post(path(mail), {"List-Unsubscribe": "One-Click"})

    assert (person(mail).unsubscribed, person(mail).unsubscribed_from) == (True, ("newsletter",))


def test_editing_a_person_does_not_clash_with_their_unsubscribing(mail: Delivery) -> None:
    revision = person(mail).revision
    Client().post(path(mail), {"List-Unsubscribe": "One-Click"})

    people_actions.patch(person_id=mail.person_id, values={"city": "Berlin"}, revision=revision, actor=factories.ACTOR)

    assert person(mail).unsubscribed


def test_somebody_deleted_meanwhile_has_their_address_suppressed(mail: Delivery) -> None:
    people_actions.delete(person_id=mail.person_id, actor=factories.ACTOR)

    assert Client().post(path(mail), {"List-Unsubscribe": "One-Click"}).status_code == 200

    assert suppressions.is_suppressed(mail.email)


@pytest.mark.parametrize("choice", ["all", "kind"])
def test_unsubscribe_outlives_deleting_and_adding_again(mail: Delivery, browser: Client, choice: str) -> None:
    assert press(browser, mail, choice) == 303
    campaign = campaigns.find(mail.source)
    assert campaign is not None
    people_actions.delete(person_id=mail.person_id, actor=factories.ACTOR)

    again = factories.person(email=mail.email.upper())

    assert Standing([again.id]).of(again.id, campaign.kind)[1]
    assert bool(Standing([again.id]).of(again.id, "other")[1]) == (choice == "all")
    assert suppressions.is_suppressed(mail.email) == (choice == "all")
    if choice == "all":
        (told,) = audit.history("suppression", addresses.digest(mail.email))
        assert (told.actor, told.after["reason"]) == (factories.ACTOR, "unsubscribed")


def test_kind_left_is_kept_until_the_next_deletion_only(mail: Delivery, browser: Client) -> None:
    press(browser, mail, "kind")
    people_actions.delete(person_id=mail.person_id, actor=factories.ACTOR)
    again = factories.person(email=mail.email)
    tx = transaction.begin()
    people.subscribe(tx, again, unsubscribed=False, unsubscribed_from=[])
    tx.commit()
    people_actions.delete(person_id=again.id, actor=factories.ACTOR)

    assert factories.person(email=mail.email).unsubscribed_from == ()


def test_who_unsubscribes_while_being_deleted_stays_unsubscribed(
    mail: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete, meanwhile = people.delete, iter([True])

    def unsubscribed_first(*given: Any) -> None:
        if next(meanwhile, False):
            Client().post(path(mail), {"List-Unsubscribe": "One-Click"})
        delete(*given)

    monkeypatch.setattr(people, "delete", unsubscribed_first)
    people_actions.delete(person_id=mail.person_id, actor=factories.ACTOR)

    assert suppressions.is_suppressed(mail.email)


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
