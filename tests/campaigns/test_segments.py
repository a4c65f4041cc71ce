"""A campaign for a segment goes to whom the segment matches when it begins."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm.campaigns import actions, audiences, queries, repository
from crm.campaigns.entities import Campaign, Mail
from crm.core import clock
from crm.core.utm import NO_UTM
from crm.search import engine, filters
from crm.segments import actions as segments
from crm.segments import queries as segment_queries
from crm.segments.entities import Segment
from tests import factories
from tests.api_client import ApiClient
from tests.campaigns.audience_steps import found, frozen
from tests.factories import ACTOR

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]

MAIL = Mail(name="", subject="Hi", body="Hello", utm=NO_UTM)


def acme() -> Segment:
    return segments.create(name="Acme people", where=filters.from_query({"company": "Acme"}), actor=ACTOR)


def sent(segment: Segment, **given: Any) -> Campaign:
    begun = actions.send(
        where=segment.where, segment=segment, subject="Hi", body="Hello", utm=NO_UTM, actor=ACTOR, **given
    )
    engine.store().note_freshness(clock.now())
    return begun.campaign


def used(segment: Segment) -> list[str]:
    return [use.campaign_id for use in segment_queries.uses().get(segment.id, ())]


def test_audience_is_whom_the_segment_matches_when_it_begins_not_when_it_was_chosen() -> None:
    segment = acme()
    factories.person(company="Acme")
    boston = [factories.person(city="Boston").id for _ in range(2)]
    campaign = sent(segment)
    segments.change(segment_id=segment.id, name="Bostonians", where=filters.from_query({"city": "Boston"}), actor=ACTOR)

    campaign = frozen(campaign)

    assert sorted(audiences.chunk(campaign.id, campaign.freeze_id, 0)) == sorted(boston)
    assert (campaign.segment_id, campaign.segment_name) == (segment.id, "Bostonians")
    assert filters.describe(campaign.where) == "People in Boston"


def test_audience_of_a_deleted_segment_is_by_its_last_filter() -> None:
    segment = acme()
    factories.person(city="Boston")
    campaign = sent(segment)
    segments.change(segment_id=segment.id, where=filters.from_query({"city": "Boston"}), actor=ACTOR)
    segments.delete(segment_id=segment.id, actor=ACTOR)

    assert frozen(campaign).matched == 1


def test_filter_of_its_own_stays_what_it_is() -> None:
    factories.person(company="Acme")
    where = filters.from_query({"company": "Acme"})
    campaign = actions.send(where=where, subject="Hi", body="Hello", utm=NO_UTM, actor=ACTOR).campaign
    engine.store().note_freshness(clock.now())
    assert (frozen(campaign).where, campaign.segment_id) == (where, "")


def test_segment_is_used_by_drafts_and_scheduled_campaigns_until_they_begin_or_end() -> None:
    segment, other = acme(), segments.create(name="B", where=filters.from_query({"city": "B"}), actor=ACTOR)
    draft = actions.draft(mail=MAIL, where=segment.where, segment=segment, actor=ACTOR)
    later = sent(segment, at=clock.now() + timedelta(days=1))
    assert set(used(segment)) == {draft.id, later.id}

    actions.draft(mail=MAIL, where=other.where, segment=other, campaign_id=draft.id, actor=ACTOR)
    assert (used(segment), used(other)) == ([later.id], [draft.id])
    actions.draft(mail=MAIL, where=other.where, campaign_id=draft.id, actor=ACTOR)
    assert used(other) == []
    actions.unschedule(campaign_id=later.id, actor=ACTOR)
    assert used(segment) == [later.id]
    actions.send(
        where=segment.where, segment=segment, subject="Hi", body="x", utm=NO_UTM, draft_id=later.id, actor=ACTOR
    )
    assert used(segment) == []
    again = sent(segment, at=clock.now() + timedelta(days=1))
    actions.cancel(campaign_id=again.id, actor=ACTOR)
    assert used(segment) == []


def test_deletion_names_the_campaigns_to_come(as_owner: Client) -> None:
    segment = acme()
    actions.draft(mail=Mail("Summer", "Hi", "x", NO_UTM), where=segment.where, segment=segment, actor=ACTOR)
    page = as_owner.get(reverse("segment-delete", args=[segment.id])).content.decode()
    assert "keeps its filter as it is now: “Summer” (draft)" in page
    assert "Summer" in as_owner.get(reverse("segments")).content.decode()


def test_api_mails_a_segment_and_says_so() -> None:
    api, segment = ApiClient(), acme()
    factories.person(company="Acme")
    status, begun, _ = api.call("POST", "/emails/send", {"segment": segment.id, "subject": "Hi", "body": "Hello"})
    assert (status, begun["matched"]) == (202, 1)
    campaign = api.get(f"/campaigns/{begun['campaignId']}")
    assert (campaign["segmentId"], campaign["segmentName"]) == (segment.id, "Acme people")
    status, draft, _ = api.call("POST", "/campaigns", {"segment": segment.id, "subject": "Hi"})
    assert status == 201
    stored = repository.find(draft["id"])
    assert stored
    assert (stored.segment_id, stored.where) == (segment.id, segment.where)


@pytest.mark.parametrize("also", [{"filter": {"city": "B"}}, {"all": True}])
def test_api_takes_a_segment_or_a_filter(also: dict[str, Any]) -> None:
    body = {"segment": acme().id, "subject": "Hi", "body": "Hello", **also}
    status, problem, _ = ApiClient().call("POST", "/emails/send", body)
    assert (status, [one["field"] for one in problem["errors"]]) == (422, ["segment"])


def test_api_names_a_segment_that_is_none() -> None:
    status, problem, _ = ApiClient().call("POST", "/emails/send", {"segment": "x", "subject": "Hi", "body": "Hello"})
    assert (status, [one["field"] for one in problem["errors"]]) == (422, ["segment"])


def test_page_to_write_on_offers_segments_and_keeps_what_was_typed(as_owner: Client) -> None:
    segment = acme()
    factories.person(company="Acme")
    url = f"{reverse('campaign-new')}?segment={segment.id}"
    assert url in as_owner.get(reverse("campaign-new")).content.decode()
    typed = {"subject": "Hi there", "body": "Hello", "do": "edit"}
    page = as_owner.post(f"{reverse('campaign-new')}?all=true", typed).content.decode()
    assert f'formaction="{url}"' in page
    page = as_owner.post(url, typed).content.decode()
    assert 'value="Hi there"' in page
    assert "Segment <b>Acme people</b>" in page


def test_draft_for_a_segment_is_opened_and_sent_for_it(as_owner: Client) -> None:
    segment = acme()
    factories.person(company="Acme")
    as_owner.post(f"{reverse('campaign-new')}?segment={segment.id}", {"subject": "Hi", "body": "Hello", "do": "save"})
    (use,) = segment_queries.uses()[segment.id]
    opened = as_owner.get(reverse("campaign-write", args=[use.campaign_id]))["Location"]
    assert opened == f"{reverse('campaign-new')}?segment={segment.id}&draft={use.campaign_id}"
    answer = as_owner.post(opened, {"subject": "Hi", "body": "Hello", "revision": 1, "do": "send", "key": "k"})
    assert answer["Location"] == reverse("campaign", args=[use.campaign_id])
    assert queries.get(use.campaign_id).campaign.segment_id == segment.id
    assert "Segment <b>Acme people</b>" in as_owner.get(answer["Location"]).content.decode()


def test_segment_that_is_none_is_said_so(as_owner: Client) -> None:
    answer = as_owner.get(f"{reverse('campaign-new')}?segment=nowhere")
    assert answer.status_code == 422
    assert "no such segment" in answer.content.decode()


def test_stored_campaign_without_a_segment_has_none() -> None:
    campaign = actions.draft(mail=MAIL, where=filters.EVERYONE, actor=ACTOR)
    assert found(campaign).segment_id == ""
