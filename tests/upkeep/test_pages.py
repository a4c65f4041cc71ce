"""Staff see what could not be read, have it tried again, and take it off the list; each with an audit entry."""

import pytest
from django.test import Client
from django.urls import reverse

from crm.audit import repository as audit
from crm.core import clock, dead_letters, dynamo, errors
from crm.core.dead_letters import EVENT, DeadLetter
from crm.home import attention
from crm.search import engine
from crm.upkeep import actions
from crm_site import health
from tests import factories
from tests.upkeep.spoilt import bury, spoil

pytestmark = pytest.mark.usefixtures("tables")


def again(browser: Client, letter: DeadLetter) -> str:
    """Press "Try again" and return the page that follows."""
    assert browser.post(reverse("dead-letter-again", args=[letter.id])).status_code == 303
    return browser.get(reverse("dead-letters")).content.decode()


def event(message: str) -> DeadLetter:
    letter = DeadLetter(EVENT, "ses-events", "", "abc", {"message": message}, "no mail", 1, clock.now())
    dead_letters.bury(letter)
    return letter


def test_the_page_says_what_failed_why_when_and_how_often(as_owner: Client) -> None:
    assert "No dead letters" in as_owner.get(reverse("dead-letters")).content.decode()
    person = factories.person()
    bury(person.id)
    event("{}")
    page = as_owner.get(reverse("dead-letters")).content.decode()
    assert f"PERSON#{person.id} / PERSON in crm" in page
    assert "ValueError: never" in page
    assert "SES event" in page
    assert page.count("Try again<span") == 2


def test_who_may_only_look_is_offered_nothing_and_refused(as_viewer: Client) -> None:
    letter = bury(factories.person().id)
    assert "Try again<span" not in as_viewer.get(reverse("dead-letters")).content.decode()
    assert as_viewer.post(reverse("dead-letter-again", args=[letter.id])).status_code == 403
    assert as_viewer.post(reverse("dead-letter-dismiss", args=[letter.id])).status_code == 403
    assert dead_letters.count() == 1


def test_what_can_be_read_now_is_brought_and_off_the_list(as_owner: Client) -> None:
    person = factories.person()
    with engine.sqlite_store().database.write() as connection:
        connection.execute("DELETE FROM people")
    letter = bury(person.id)
    page = again(as_owner, letter)
    assert "Read, and off the list" in page
    assert person.id in engine.store().people_by_id([person.id])
    assert dead_letters.newest() == []
    assert [entry.action for entry in audit.history(actions.KIND, letter.id)] == ["mended"]


def test_what_fails_still_stays_with_one_more_try_and_the_reason(as_owner: Client) -> None:
    person = factories.person()
    spoil(person.id)
    letter = bury(person.id)
    page = again(as_owner, letter)
    assert "It fails still" in page
    (kept,) = dead_letters.newest()
    assert kept.attempts == 6
    (entry,) = audit.history(actions.KIND, letter.id)
    assert (entry.action, entry.after["error"]) == ("tried again", kept.error)


def test_a_busy_database_is_no_try(as_owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise errors.Busy

    letter = bury(factories.person().id)
    with monkeypatch.context() as patched:
        patched.setattr(dynamo, "image", busy)
        page = again(as_owner, letter)
    assert "Try again." in page
    assert [one.attempts for one in dead_letters.newest()] == [5]


def test_of_a_removal_that_nobody_could_read_staff_are_told_to_rebuild(as_owner: Client) -> None:
    letter = bury("nobody", is_removal=True)
    page = again(as_owner, letter)
    assert "rebuild the read model" in page
    assert dead_letters.count() == 1


def test_an_event_of_ses_is_read_again_as_it_came(as_owner: Client) -> None:
    letter = event('{"eventType": "Bounce", "mail": 7}')
    page = again(as_owner, letter)
    assert "It fails still" in page
    assert dead_letters.newest()[0].attempts == 2
    no_mail = DeadLetter(EVENT, "ses-events", "", "def", {"message": '{"topic": "tried out"}'}, "", 1, clock.now())
    dead_letters.bury(no_mail)
    assert actions.try_again(letter_id=no_mail.id, actor="demo") == ""
    assert dead_letters.count() == 1


def test_a_letter_is_dismissed_after_asking(as_owner: Client) -> None:
    letter = event("{}")
    url = reverse("dead-letter-dismiss", args=[letter.id])
    assert "off the list?" in as_owner.get(url).content.decode()
    assert dead_letters.count() == 1
    as_owner.post(url)
    assert dead_letters.newest() == []
    assert [entry.action for entry in audit.history(actions.KIND, letter.id)] == ["dismissed"]
    assert as_owner.post(url).status_code == 404


def test_a_letter_that_failed_anew_meanwhile_is_not_taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    person = factories.person()
    first = bury(person.id, sequence="1")
    bury(person.id, sequence="2")
    monkeypatch.setattr(dead_letters, "get", lambda _: first)
    with pytest.raises(errors.Conflict):
        actions.dismiss(letter_id=first.id, actor="demo")
    assert dead_letters.count() == 1


def test_the_home_page_and_the_stacks_health_name_them() -> None:
    engine.store().note_freshness(clock.now())
    assert attention.items([], may_edit=True) == []
    bury(factories.person().id)
    (item,) = attention.items([], may_edit=True)
    assert (item.title, item.url) == ("1 record could not be read", reverse("dead-letters"))
    assert health.STACK["projector"]()["deadLetters"] == 1


def test_the_home_page_opens_while_dynamodb_is_away(as_owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy() -> int:
        raise errors.Busy

    monkeypatch.setattr(dead_letters, "count", busy)
    assert "DynamoDB does not answer" in as_owner.get(reverse("home")).content.decode()
