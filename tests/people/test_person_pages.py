"""Rules of adding, changing and deleting a person, and of the page that shows one."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from crm.people import actions, queries
from crm.people.entities import PersonFields
from crm.people.forms import PersonForm
from crm.registrations import actions as registrations
from crm.search import engine
from crm.search.filters import Condition
from crm.staff.models import StaffUser
from tests import factories
from tests.mail_documents import mail
from tests.search.documents import campaign, engagement, registration

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]


def error_beside(page: str, field: str) -> str:
    """Return what the page says is wrong with a field."""
    found = re.search(rf'id="id_{field}_error">\s*([^<]+?)\s*<', page)
    return found[1] if found else ""


def test_added_person_is_shown_and_is_in_the_next_list(as_owner: Client) -> None:
    typed = {"email": "ada@example.com", "first_name": "Ada", "last_name": "Wong", "company": "TechCorp"}
    response = as_owner.post(reverse("person-new"), typed)
    assert response.status_code == 303
    assert "Ada Wong added" in as_owner.get(response["Location"]).content.decode()
    assert "Ada Wong" in as_owner.get(reverse("people")).content.decode()


@pytest.mark.parametrize(
    ("email", "problem"),
    [("", "An e-mail address is required."), ("no-address", "@-sign"), ("a" * 250 + "@example.com", "at most 254")],
)
def test_bad_address_is_told_beside_its_field_and_what_was_typed_is_kept(
    as_owner: Client, email: str, problem: str
) -> None:
    response = as_owner.post(reverse("person-new"), {"email": email, "first_name": "Ada"})
    page = response.content.decode()
    assert response.status_code == 422
    assert problem in error_beside(page, "email")
    assert 'value="Ada"' in page
    assert 'aria-invalid="true"' in page


def test_address_of_somebody_else_is_told_beside_its_field(as_owner: Client) -> None:
    factories.person(email="ada@example.com")
    page = as_owner.post(reverse("person-new"), {"email": "ADA@example.com"}).content.decode()
    assert "exists already" in error_beside(page, "email")


def test_edit_changes_what_was_typed_and_nothing_else(as_owner: Client) -> None:
    person = factories.person(first_name="Ada", tags=("speaker",))
    url = reverse("person-edit", args=[person.id])
    assert 'value="Ada"' in as_owner.get(url).content.decode()
    typed = {"email": person.fields.email, "first_name": "Adele", "tags": "speaker", "revision": person.revision}
    assert as_owner.post(url, typed).status_code == 303
    stored = queries.get(person.id).fields
    assert (stored.first_name, stored.tags) == ("Adele", ("speaker",))


def test_tags_are_typed_with_commas_and_each_leads_to_everybody_who_has_it(as_owner: Client) -> None:
    person = factories.person(tags=("VIP", "from Lyon, France", 'the "host"'))
    url = reverse("person-edit", args=[person.id])
    shown = re.search(r'name="tags" value="([^"]+)"', as_owner.get(url).content.decode())
    assert shown
    kept = html.unescape(shown[1])
    assert kept == 'VIP, "from Lyon, France", "the ""host"""'
    typed = {"email": person.fields.email, "tags": f"{kept},, board , VIP", "revision": person.revision}
    page = as_owner.get(as_owner.post(url, typed)["Location"]).content.decode()
    assert queries.get(person.id).fields.tags == ("VIP", "from Lyon, France", 'the "host"', "board")
    assert "/dashboard/people/?tags=from+Lyon%2C+France" in page
    assert "Tags changed from VIP" in page


def test_stale_edit_is_refused_says_what_is_stored_and_may_be_repeated(as_owner: Client) -> None:
    person = factories.person(company="Acme")
    actions.patch(person_id=person.id, values={"company": "Globex"}, actor="system")
    url = reverse("person-edit", args=[person.id])
    typed = {"email": person.fields.email, "first_name": person.fields.first_name, "company": "Initech"}
    response = as_owner.post(url, {**typed, "revision": person.revision})
    page = response.content.decode()
    assert response.status_code == 422
    assert "changed meanwhile" in page
    assert "Company: Globex" in page
    assert 'value="Initech"' in page
    assert queries.get(person.id).fields.company == "Globex"
    revision = re.search(r'name="revision" value="(\d+)"', page)
    assert revision
    assert as_owner.post(url, {**typed, "revision": revision[1]}).status_code == 303
    assert queries.get(person.id).fields.company == "Initech"


def test_page_shows_registrations_mails_and_edits_with_who_made_them(as_owner: Client, owner: StaffUser) -> None:
    person, event = factories.person(first_name="Ada", last_name=""), factories.event(title="Tech Conference")
    registrations.register(event_id=event.id, person_id=person.id, actor="demo")
    actions.patch(person_id=person.id, values={"company": "Globex"}, actor=f"staff:{owner.pk}")
    page = as_owner.get(reverse("person", args=[person.id])).content.decode()
    assert f'<a href="{reverse("event", args=[event.id])}">Tech Conference</a>' in page
    assert "You are registered: Tech Conference" in page
    assert 'data-state="pending"' in page
    assert "Company set to Globex" in page
    assert "by Olga Owner" in page


def test_page_lists_what_the_score_is_made_of_and_it_adds_up(as_owner: Client) -> None:
    person, now = factories.person(), datetime.now(UTC)
    event = factories.event(title="Tech Conference")
    mine = {"person_id": person.id, "campaign_id": "letter"}
    engine.store().apply(
        [
            registration(event.id, person.id, event_start_at=now, attended=True),
            registration("gone", person.id, event_start_at=now - timedelta(days=200)),
            registration("long-ago", person.id, event_start_at=now - timedelta(days=366), attended=True),
            campaign("letter", name="Our letter"),
            engagement(f"letter/{person.id}/mail", "1", at=now - timedelta(days=100), **mine),
            engagement(f"letter/{person.id}/mail", "2", at=now, **mine),
            engagement(f"letter/{person.id}/mail", "3", kind="click", verdict="machine", at=now, **mine),
        ]
    )
    page = as_owner.get(reverse("person", args=[person.id]))
    shown = page.context["profile"].engagement
    assert [(group.label, [(line.title, line.points) for line in group.lines]) for group in shown.groups] == [
        ("Attended events", [("Tech Conference", 20)]),
        ("Places at events", [("Tech Conference", 6), ("One that is gone", 3)]),
        ("Mails opened", [("Our letter", 2)]),
    ]
    assert f'<a href="{reverse("campaign", args=["letter"])}">Our letter</a>' in page.content.decode()
    for bound, total in ((shown.points, 1), (shown.points + 1, 0)):
        found = engine.store().people(Condition("engagement", "at_least", (bound,)), sort="id", limit=1)
        assert found.total == total


def test_person_is_registered_from_their_page_and_comes_back_to_it(as_owner: Client) -> None:
    person = factories.person()
    event, full_of_them = factories.event(title="Open"), factories.event(title="Theirs already")
    factories.event(title="Past", start_at=datetime(2020, 1, 1, tzinfo=UTC), end_at=datetime(2020, 1, 2, tzinfo=UTC))
    factories.event(title="Draft", status="draft")
    registrations.register(event_id=full_of_them.id, person_id=person.id, actor="demo")
    url = reverse("person", args=[person.id])
    page = as_owner.get(url).content.decode()
    offered = re.findall(r'<button formaction="([^"]+)"', page)
    assert offered == [reverse("event-register", args=[event.id])]
    response = as_owner.post(offered[0], {"person_id": person.id, "next": url})
    assert response["Location"] == url
    cancel = re.findall(r'href="([^"]+/cancel/[^"]*)"', as_owner.get(url).content.decode())
    assert len(cancel) == 2
    assert as_owner.post(cancel[0])["Location"] == url
    assert len(re.findall("<button formaction", as_owner.get(url).content.decode())) == 1


def test_nobody_is_led_to_another_site(as_owner: Client) -> None:
    person, event = factories.person(), factories.event()
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        posted = {"person_id": person.id, "next": elsewhere}
        response = as_owner.post(reverse("event-register", args=[event.id]), posted)
        assert response["Location"].startswith("/dashboard/")
        cancel = reverse("event-cancel-registration", args=[event.id, person.id])
        assert elsewhere not in as_owner.get(cancel, {"next": elsewhere}).content.decode()


def test_person_who_does_not_exist_has_a_page_that_says_so(as_owner: Client) -> None:
    for name in ("person", "person-edit", "person-delete"):
        response = as_owner.get(reverse(name, args=["nobody"]))
        assert response.status_code == 404
        assert "There is no such person." in response.content.decode()


def test_delete_names_what_goes_and_asks_before_it_goes(as_owner: Client) -> None:
    person, event = factories.person(first_name="Ada", last_name="Wong"), factories.event()
    registrations.register(event_id=event.id, person_id=person.id, actor="demo")
    url = reverse("person-delete", args=[person.id])
    page = as_owner.get(url).content.decode()
    assert "Delete Ada Wong?" in page
    assert "1 registration is cancelled" in page
    assert "1 place at events to come" in page
    assert queries.get(person.id)
    response = as_owner.post(url)
    assert response["Location"] == reverse("people")
    assert "Ada Wong deleted" in as_owner.get(response["Location"]).content.decode()
    assert as_owner.get(reverse("person", args=[person.id])).status_code == 404


def test_owner_of_events_is_not_deleted_and_the_page_says_why(as_owner: Client) -> None:
    owner = factories.person(first_name="Ada", last_name="")
    factories.event(owner=owner.id)
    url = reverse("person-delete", args=[owner.id])
    page = as_owner.get(url).content.decode()
    assert "Ada owns 1 event" in page
    assert "<button" not in page.partition("<main")[2].partition("</main>")[0]
    assert as_owner.post(url).status_code == 409
    assert queries.get(owner.id)


@pytest.mark.parametrize("name", ["person-new", "person-edit", "person-delete"])
def test_viewer_may_not_change_anybody(as_viewer: Client, name: str) -> None:
    person = factories.person()
    arguments = [] if name == "person-new" else [person.id]
    for method in (as_viewer.get, as_viewer.post):
        assert method(reverse(name, args=arguments)).status_code == 403
    assert queries.get(person.id).fields == person.fields


def test_form_field_lengths_are_those_of_the_entity(as_owner: Client) -> None:
    response = as_owner.post(reverse("person-new"), {"email": "a@example.com", "company": "x" * 201})
    assert "at most 200" in error_beside(response.content.decode(), "company")


def test_field_names_are_those_of_a_person() -> None:
    assert set(PersonForm.base_fields) - {"revision"} == set(PersonFields.__dataclass_fields__)


def test_mails_are_named_and_explained_as_in_every_other_list(as_owner: Client) -> None:
    person = factories.person()
    left_out = mail("skipped", person_id=person.id, reason="suppressed")
    refused = mail("failed", person_id=person.id, reason="MessageRejected: Email address is not verified. EU-WEST-1")
    engine.store().apply([left_out, refused])
    page = as_owner.get(reverse("person", args=[person.id])).content.decode()
    assert 'data-state="skipped">Left out<' in page
    assert "On the do-not-mail list" in page
    assert "MessageRejected: Email address is not verified. EU-WEST-1" in page
    assert "1 left out" in page


def test_what_a_person_did_with_a_mail_stands_beside_it(as_owner: Client) -> None:
    person = factories.person()
    opened = mail("sent", person_id=person.id, outcome="delivered")
    scanned = mail("sent", person_id=person.id)
    did = [
        engagement(opened.id, "1"),
        engagement(opened.id, "2", verdict="machine", why="head"),
        engagement(opened.id, "3", kind="click", link=1),
        engagement(scanned.id, "4", verdict="machine", why="prefetch"),
    ]
    engine.store().apply([opened, scanned, *did])
    page = as_owner.get(reverse("person", args=[person.id])).content.decode()
    assert "Opened, clicked" in page
    assert "Opened by a machine" in page
    assert "Delivered" in page


def test_address_breaks_after_the_at_and_is_still_escaped(as_owner: Client) -> None:
    person = factories.person(email="ada@example.com", company="A&B@<i>")
    page = as_owner.get(reverse("person", args=[person.id])).content.decode()
    assert "<dd>ada@<wbr>example.com</dd>" in page
    assert ">A&amp;B@<wbr>&lt;i&gt;</a>" in page
