"""Unsubscribing is kept whatever else is written meanwhile, and beyond being deleted."""

from typing import Any

import pytest
from django.test import Client

from crm.audit import repository as audit
from crm.campaigns import repository as campaigns
from crm.core import addresses, transaction
from crm.deliveries.entities import Delivery
from crm.deliveries.standing import Standing
from crm.deliveries.tokens import MailRef
from crm.engagement import subscriptions
from crm.people import actions as people_actions
from crm.people import repository as people
from crm.people.entities import Person
from crm.suppressions import actions as suppressions
from tests import factories
from tests.engagement.leaving_steps import path, person, press

pytestmark = [pytest.mark.usefixtures("tables"), pytest.mark.django_db]


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
