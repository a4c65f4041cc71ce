"""Some people have left one kind of mail: before a mail of that kind is sent, it is said that they get none."""

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from crm.campaigns import actions, expansion
from crm.core import clock
from crm.core.utm import NO_UTM
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import SKIPPED
from crm.people import queries as people
from crm.search import engine, filters
from crm.suppressions.kinds import INVITATION, KINDS, NEWSLETTER, NOTICE
from tests import factories
from tests.campaigns import audience_steps
from tests.worker.outbox_fakes import suppress

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]

URL = "/dashboard/campaigns/new/?company=TechCorp"
MAIL = {"subject": "Early seats", "body": "Hello", "do": "check", "key": "k"}


@pytest.fixture(autouse=True)
def _people(tables: None) -> None:
    """Seven people: two get every kind, one is suppressed, one left all, the others left some."""
    made = [factories.person(first_name=f"Ada{number}", company="TechCorp") for number in range(7)]
    suppress(made[0].fields.email)
    factories.leave(made[0], NEWSLETTER)
    factories.leave(made[1])
    factories.leave(made[2], NEWSLETTER)
    factories.leave(made[3], NEWSLETTER, NOTICE)
    factories.leave(made[4], NOTICE)


@pytest.mark.parametrize(("kind", "queued"), [(NEWSLETTER, 3), (NOTICE, 3), (INVITATION, 5)])
def test_count_before_sending_is_what_is_queued_then(kind: str, queued: int) -> None:
    where = filters.from_query({"company": "TechCorp"})
    begun = actions.send(where=where, subject="Hi", body="Hello", utm=NO_UTM, kind=kind, actor=factories.ACTOR)
    engine.store().note_freshness(clock.now())
    campaign = audience_steps.frozen(begun.campaign)
    with ThreadPoolExecutor(1) as pool:
        assert expansion.expand(campaign, pool, audience_steps.never)
    states = [mail.state for mail in deliveries.every(campaign.id, campaign.shards)]
    split = people.split(where, kind)
    assert (split.matched, split.mailable) == (7, queued)
    assert len(states) - states.count(SKIPPED) == queued


def test_reasons_name_whoever_left_this_kind_and_open_exactly_them(as_owner: Client) -> None:
    page = as_owner.get(URL).content.decode()
    found = re.findall(r'<a href="([^"]+)">([A-Z][\w ]+) <b>(\d+)</b></a>', page)
    assert [(label, number) for _, label, number in found] == [
        ("Mailable", "3"),
        ("Suppressed", "1"),
        ("Unsubscribed", "1"),
        ("Left this kind of mail", "2"),
    ]
    for address, _, number in found:
        assert as_owner.get(unescape(address)).context["list"].split.matched == int(number)


def test_another_kind_is_counted_anew(as_owner: Client) -> None:
    asked = {"HX-Request": "true", "HX-Target": "mail-check", "HX-Trigger": "mail-kind"}
    part = as_owner.post(URL, {**MAIL, "kind": INVITATION}, headers=asked).content.decode()
    assert "Review, then send to 5" in part
    assert "5 queued, 2 left out." in part
    assert "Left this kind of mail" not in part
    assert 'id="audience-summary" hx-swap-oob="true"' in part


def test_another_kind_is_seen_by_its_own_readers(as_owner: Client) -> None:
    (left,) = people.page(filters.from_query({"q": "Ada2"}), limit=5).items
    asked = {"HX-Request": "true", "HX-Target": "mail-check", "HX-Trigger": "mail-kind"}
    part = as_owner.post(URL, {**MAIL, "kind": NEWSLETTER, "as": left.id}, headers=asked).content.decode()
    readers = part.partition('hx-swap-oob="innerHTML:#preview-as"')[2]
    assert [f"Ada{number}" in readers for number in range(7)] == [False] * 4 + [True] * 3
    assert "Ada2" not in part


def test_while_the_mail_is_written_nothing_else_is_replaced(as_owner: Client) -> None:
    asked = {"HX-Request": "true", "HX-Target": "mail-check", "HX-Trigger": "mail-check"}
    part = as_owner.post(URL, {**MAIL, "kind": INVITATION}, headers=asked).content.decode()
    assert "audience-summary" not in part
    assert "review-button" not in part


@pytest.mark.parametrize("kind", KINDS)
def test_review_counts_the_kind_that_was_chosen(as_owner: Client, kind: str) -> None:
    page = as_owner.post(URL, {**MAIL, "kind": kind, "do": "review"}).content.decode()
    queued = people.split(filters.from_query({"company": "TechCorp"}), kind).mailable
    assert f"Send “Early seats” to {queued} people?" in page


def test_draft_is_counted_for_its_kind(as_owner: Client) -> None:
    saved = as_owner.post(URL, {**MAIL, "kind": INVITATION, "do": "save"})
    draft = as_owner.get(as_owner.get(saved["Location"])["Location"])
    assert draft.context["audience"].split.mailable == 5
    assert "Review, then send to 5" in draft.content.decode()


def test_preview_is_of_somebody_who_gets_it(as_owner: Client) -> None:
    audience = as_owner.get(URL).context["audience"]
    assert len(audience.samples) == audience.split.mailable
    assert all(NEWSLETTER not in person.unsubscribed_from for person in audience.samples)


def test_filter_finds_whoever_left_a_kind(as_owner: Client) -> None:
    page = as_owner.get(f"{reverse('people')}?unsubscribed_from={NOTICE}")
    assert page.context["list"].split.matched == 2
    assert "Unsubscribed from is" in page.content.decode()
