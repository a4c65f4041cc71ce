"""Registering on the public page: who is registered, what they are told, what strangers learn, what programs get."""

import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from crm.audit import repository as audit
from crm.core import clock, errors
from crm.deliveries.entities import reminder_step
from crm.events import actions as events
from crm.events import queries as event_queries
from crm.people import queries as people
from crm.people import repository as people_store
from crm.public import actions, forms
from crm.registrations import actions as registrations
from crm.registrations import repository
from tests import factories
from tests.factories import ACTOR
from tests.public.visitors import ADA, mail, person_id, problems, register

pytestmark = pytest.mark.usefixtures("tables", "data_dir", "fresh_counts")


def test_somebody_new_is_added_registered_and_sent_a_confirmation(client: Client) -> None:
    event = factories.event(slug="night")
    answer = register(client, event, name=" Ada King Lovelace ")
    assert (answer.status_code, answer["Location"]) == (HTTPStatus.SEE_OTHER, "/e/night/registered")
    added = people.get(person_id())
    assert (added.fields.first_name, added.fields.last_name) == ("Ada King", "Lovelace")
    found = repository.find(event.id, added.id)
    assert found is not None
    assert found.status == "registered"
    assert mail(event, "confirmation#1") is not None
    assert {entry.actor for entry in audit.history("person", added.id)} == {"visitor"}


def test_what_a_visitor_agreed_to_is_kept_with_its_words_and_moment_and_shown(
    client: Client, as_viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    event, before = factories.event(), clock.now()
    words = forms.consent()
    register(client, event)
    (told,) = [entry for entry in audit.history("person", person_id()) if entry.action == "agreed"]
    assert (told.actor, told.after) == ("visitor", {"consent": words})
    assert before <= told.at <= clock.now()
    monkeypatch.setattr(forms, "consent", lambda: "Something else.")
    page = as_viewer.get(f"/dashboard/people/{person_id()}/").content.decode()
    assert f"Agreed: “{words}”" in page
    assert "by the public page" in page


def test_who_saw_other_words_is_asked_once_more(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    event = factories.event()
    monkeypatch.setattr(forms, "consent", lambda: "What was shown.")
    shown = forms._signer.sign_object([event.id, time.time() - 30, forms.consent()])
    monkeypatch.setattr(forms, "consent", lambda: "What is shown now.")
    answer = register(client, event, shown=shown)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "What is shown now." in answer.content.decode()
    assert people_store.id_by_email(ADA["email"]) is None


def test_whoever_is_added_agreed_even_where_registering_fails(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(**_: object) -> None:
        raise errors.Busy

    monkeypatch.setattr(actions.registrations, "register", busy)
    assert register(client, factories.event()).status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert {entry.action for entry in audit.history("person", person_id())} == {"created", "agreed"}


def test_consent_is_kept_of_somebody_whom_staff_had_registered_too(client: Client) -> None:
    known, event = factories.person(email=ADA["email"]), factories.event()
    registrations.register(event_id=event.id, person_id=known.id, actor=ACTOR)
    assert "agreed" not in {entry.action for entry in audit.history("person", known.id)}
    register(client, event)
    assert [entry.action for entry in audit.history("person", known.id)].count("agreed") == 1


def test_who_does_not_agree_is_asked_and_nothing_is_kept(client: Client) -> None:
    known, event = factories.person(email=ADA["email"]), factories.event()
    assert register(client, event, consent=None).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "agreed" not in {entry.action for entry in audit.history("person", known.id)}


def test_somebody_known_is_the_same_person_and_nothing_about_them_changes(client: Client) -> None:
    known = factories.person(email="ADA@example.com", first_name="Augusta", company="Engines")
    event = factories.event()
    register(client, event, name="Somebody Else")
    assert repository.find(event.id, known.id) is not None
    assert people.get(known.id).fields == known.fields


def test_somebody_added_by_another_request_this_very_moment_is_the_same_person(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, event = factories.person(email=ADA["email"]), factories.event()
    answers = [None, known.id]
    monkeypatch.setattr(actions.people_store, "id_by_email", lambda _: answers.pop(0))
    assert register(client, event).status_code == HTTPStatus.SEE_OTHER
    assert repository.find(event.id, known.id) is not None


def test_the_answer_is_the_same_whatever_is_known_about_the_address(client: Client) -> None:
    event = factories.event(slug="night")
    factories.person(email="known@example.com")
    said = set()
    for email in ("new@example.com", "known@example.com", "known@example.com", "KNOWN@example.com"):
        answer = register(client, event, email=email)
        page = client.get(answer["Location"])
        said.add((answer.status_code, tuple(answer.items()), answer.content, page.content, str(answer.cookies)))
    assert len(said) == 1


def test_the_page_tells_nobody_whether_an_address_they_try_was_registered(client: Client) -> None:
    event = factories.event(slug="night", max_capacity=20)
    registrations.register(event_id=event.id, person_id=factories.person(email=ADA["email"]).id, actor=ACTOR)
    said = set()
    for email in (ADA["email"], "new@example.com", "newer@example.com"):
        said.add(re.sub(r'name="shown" value="[^"]+"', "", client.get("/e/night").content.decode()))
        register(client, event, email=email)
    assert event_queries.get(event.id).taken == 3
    (page,) = said
    assert "Few places left" in page


@pytest.mark.parametrize(("places", "is_told"), [(21, False), (20, True), (0, False)])
def test_the_page_tells_when_places_run_short(client: Client, places: int, *, is_told: bool) -> None:
    factories.event(slug="night", **({"max_capacity": places} if places else {}))
    assert ("Few places left" in client.get("/e/night").content.decode()) is is_told


def test_registering_again_changes_nothing_and_is_answered_by_one_mail_an_hour(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    event, now = factories.event(), clock.now()
    # No hour turns meanwhile.
    monkeypatch.setattr(clock, "now", lambda: now)
    for _ in range(3):
        register(client, event)
    assert event_queries.get(event.id).taken == 1
    assert mail(event, reminder_step(now)) is not None


def test_a_full_event_puts_visitors_on_the_waitlist_and_tells_them_so_by_mail(client: Client) -> None:
    event = factories.event(slug="small", max_capacity=1)
    registrations.register(event_id=event.id, person_id=factories.person().id, actor=ACTOR)
    assert "Join the waitlist" in client.get("/e/small").content.decode()
    register(client, event)
    found = repository.find(event.id, person_id())
    assert found is not None
    assert found.status == "waitlisted"
    assert mail(event, "waitlist#1") is not None
    assert mail(event, "confirmation#1") is None


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"name": " "}, "Tell us your name."),
        ({"name": "x" * 81}, "at most 80"),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
        ({"email": ""}, "Tell us where"),
        ({"email": "ada"}, "@-sign"),
        ({"consent": None}, "we may not keep"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    client: Client, typed: dict[str, str], problem: str
) -> None:
    event = factories.event()
    answer = register(client, event, **typed)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert [problem in said for said in problems(answer)] == [True]
    assert 'value="ada' in answer.content.decode().lower()
    assert event_queries.get(event.id).taken == 0


@pytest.mark.parametrize(
    "name",
    [
        "You won 1000 EUR, claim at https://evil.example/win",
        "Go to evil.example now",
        "sub-b.example",
        "EVIL\N{IDEOGRAPHIC FULL STOP}EXAMPLE",
        "www. evil",
        "ask me@evil",
        "me\N{FULLWIDTH COMMERCIAL AT}evil",
        "evil/win",
        "evil\N{ZERO WIDTH SPACE}.com now",
        "e\N{SOFT HYPHEN}vil.\N{WORD JOINER}com",
        "w\N{SOFT HYPHEN}ww. evil",
        "t.co",
    ],
)
def test_a_name_that_would_carry_an_address_into_our_mails_is_refused(client: Client, name: str) -> None:
    event = factories.event()
    answer = register(client, event, name=name)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert ["web or e-mail address" in said for said in problems(answer)] == [True]
    assert "web or e-mail address" in answer.context["form"].errors["name"][0]
    assert people_store.id_by_email(ADA["email"]) is None


@pytest.mark.parametrize(
    "name",
    ["J.R.R. Tolkien", "Martin L. King Jr.", "Shaquille O'Neill", "Nguyễn Thị Minh", "Anne-Marie St. John", "李"],
)
def test_names_as_people_have_them_are_taken(client: Client, name: str) -> None:
    event = factories.event()
    assert register(client, event, name=name).status_code == HTTPStatus.SEE_OTHER
    assert people.get(person_id()).name == name


def test_what_nobody_sees_catches_programs_which_are_told_nothing(client: Client) -> None:
    event = factories.event(slug="night")
    answer = register(client, event, homepage="https://spam.example")
    assert answer["Location"] == "/e/night/registered"
    assert people_store.id_by_email(ADA["email"]) is None


@pytest.mark.parametrize("shown", ["", "made up", "of another event", "too old"])
def test_a_form_that_no_page_of_this_event_showed_today_is_not_taken_but_may_be_sent_again(
    client: Client, shown: str
) -> None:
    event = factories.event()
    marks = {
        "of another event": forms._signer.sign_object(["other", time.time() - 30, forms.consent()]),
        "too old": forms._signer.sign_object([event.id, time.time() - forms.SLOWEST_S - 1, forms.consent()]),
    }
    answer = register(client, event, shown=marks.get(shown, shown))
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert event_queries.get(event.id).taken == 0
    assert forms.shown_at(answer.context["form"]["shown"].value(), event) > time.time() - 60


def test_a_form_sent_sooner_than_anybody_types_may_be_sent_again_as_it_is(client: Client) -> None:
    event = factories.event()
    mark = forms.shown_now(event)
    answer = register(client, event, shown=mark)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert problems(answer) == ["That was very quick. Please press the button once more."]
    assert answer.context["form"]["shown"].value() == mark


def test_one_client_may_not_try_for_ever_and_keeps_what_it_typed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "_TRIES", 2)
    event, other = factories.event(), factories.event()
    answers = [register(client, event, email=f"a{number}@example.com") for number in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert 'value="a2@example.com"' in answers[-1].content.decode()
    assert event_queries.get(event.id).taken == 2
    assert register(client, other, email="a2@example.com").status_code == 303


def test_forms_that_register_nobody_take_nothing_from_what_everybody_shares(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "_RUSH", 2)
    event = factories.event()
    for typed in ({"consent": None}, {"name": ""}, {"email": "ada"}, {"homepage": "x"}, {"shown": ""}):
        assert register(client, event, **typed).status_code != HTTPStatus.TOO_MANY_REQUESTS
    answers = [register(client, event, email=f"a{number}@example.com") for number in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert event_queries.get(event.id).taken == 2


def test_one_address_typed_again_and_again_closes_the_event_to_nobody(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "_RUSH", 3)
    monkeypatch.setattr(actions, "_MAILS", 2)
    event = factories.event()
    assert [register(client, event).status_code for _ in range(4)] == [303] * 4
    assert register(client, event, email="eve@example.com").status_code == 303


def test_a_program_behind_one_network_shares_one_limit_whichever_of_its_addresses_it_calls_from(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = 1
    monkeypatch.setattr(actions, "_TRIES", 2)
    event = factories.event()
    seen = ["2001:db8:1:2::1", "[2001:db8:1:2:ffff::2]:4711", "2001:db8:1:2::3", "2001:db8:1:3::1"]
    answers = [register(client, event, headers={"X-Forwarded-For": address}) for address in seen]
    assert [answer.status_code for answer in answers] == [303, 303, 429, 303]


def test_one_address_is_not_mailed_for_ever_by_whoever_types_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "_MAILS", 2)
    all_events = [factories.event() for _ in range(3)]
    assert {register(client, event).status_code for event in all_events} == {303}
    assert [event_queries.get(event.id).taken for event in all_events] == [1, 1, 0]


@pytest.mark.parametrize("end", ["cancelled", "over"])
def test_an_event_that_is_off_or_over_takes_nobody_who_still_has_its_form(client: Client, end: str) -> None:
    event = factories.event()
    if end == "cancelled":
        events.cancel(event_id=event.id, actor=ACTOR)
    else:
        past = {"start_at": datetime(2020, 1, 1, tzinfo=UTC), "end_at": datetime(2021, 1, 1, tzinfo=UTC)}
        events.patch(event_id=event.id, values=past, actor=ACTOR)
    answer = register(client, event)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert problems(answer) == []
    assert f"This event is {end}" in answer.content.decode()
    assert event_queries.get(event.id).taken == 0
    assert people_store.id_by_email(ADA["email"]) is None


def test_the_form_of_an_old_address_is_taken(client: Client) -> None:
    event = factories.event(slug="first")
    events.change(event_id=event.id, fields=replace(event.fields, slug="second"), actor=ACTOR)
    assert register(client, event)["Location"] == "/e/second/registered"
    assert event_queries.get(event.id).taken == 1


def test_of_more_visitors_than_places_as_many_as_there_are_get_one_and_the_others_wait_in_order(
    client: Client,
) -> None:
    event = factories.event(max_capacity=10)
    emails = [f"v{number}@example.com" for number in range(25)]
    for email in emails:
        register(client, event, email=email)
    found = event_queries.get(event.id)
    assert (found.taken, found.waiting) == (10, 15)
    waiting = [row.person_id for row in repository.first_waiting(event.id, limit=50)]
    assert waiting == [person_id(email) for email in emails[10:]]
