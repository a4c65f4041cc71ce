"""The list of recipients and the results of a campaign: every number opens exactly its rows."""

from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client

from crm.campaigns import pace, progress
from crm.campaigns.entities import SENDING, Campaign
from crm.campaigns.results import Limit
from crm.core import clock, paging
from crm.core.touches import Touch
from crm.search import engine
from tests import factories
from tests.campaigns import audience_steps
from tests.campaigns.accounts import sent_to
from tests.campaigns.test_control_pages import started
from tests.mail_documents import mail
from tests.search.documents import NOON, engagement, registration

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]


def given(campaign: str, outcome: str = "", *, did: str = "", verdict: str = "human", state: str = "sent") -> None:
    """Put a mail of a campaign into the read model, and something that was done with it."""
    one = mail(state, campaign_id=campaign, outcome=outcome)
    one = replace(one, id=f"{campaign}/{one.person_id}/mail")
    engine.store().apply([one])
    if did:
        engine.store().apply([engagement(one.id, kind=did, verdict=verdict, campaign_id=campaign)])


def total(client: Client, url: str) -> int:
    """Open a list; return how many it says and shows."""
    context = client.get(url).context
    assert context["total"] == len(context["rows"])
    return int(context["total"])


def test_every_result_opens_exactly_its_rows(as_owner: Client) -> None:
    campaign = started().id
    for outcome in ("delivered", "delivered", "bounced", "complained", "delayed", ""):
        given(campaign, outcome)
    given(campaign, "delivered", did="open")
    given(campaign, "delivered", did="open", verdict="machine")
    given(campaign, "delivered", did="click")
    given(campaign, "delivered", did="unsubscribe")
    given("another", "delivered", did="click")
    given(campaign, state="pending")
    led = Touch("news", "email", "june", campaign, NOON)
    other = replace(led, campaign_id="another")
    engine.store().apply(
        [
            registration("e", "1", first_touch=other, last_touch=led, attended=True),
            registration("e", "2", first_touch=led, last_touch=led),
            registration("e", "3", first_touch=led, last_touch=other, attended=True),
            registration("e", "4"),
        ]
    )
    shown = as_owner.get(f"/dashboard/campaigns/{campaign}/").context["results"]
    numbers = {one.state: one.mails for one in [*shown.steps, *shown.troubles]}
    assert numbers == {
        "sent": 10,
        "delivered": 6,
        "opened": 1,
        "clicked": 1,
        "registered": 2,
        "attended": 1,
        "bounced": 1,
        "complained": 1,
        "unsubscribed": 1,
        "delayed": 1,
        "none": 1,
    }
    for one in [*shown.steps, *shown.troubles]:
        assert total(as_owner, one.url) == one.mails, one.label
    for step in shown.steps:
        if step.raw is not None:
            assert total(as_owner, step.raw_url) == step.raw, step.label
    assert [step.raw for step in shown.steps] == [None, None, 2, 1, None, None]


def test_recipients_are_searched_within_the_state_shown_page_by_page(
    as_owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 2)
    ada = [factories.person(first_name="Ada", email=f"ada{n}@example.com").id for n in range(4)]
    other = factories.person(first_name="Bea", email="bea@example.com").id
    campaign = sent_to(
        audience_steps.started(), dict(zip([*ada, other], ["sent"] * 3 + ["failed", "sent"], strict=True))
    )
    url = f"/dashboard/campaigns/{campaign.id}/mails/"
    first = as_owner.get(url, {"q": " ada ", "state": "sent"})
    assert first.context["total"] == 3
    assert (first.context["whom"].words, len(first.context["rows"])) == ("Sent, “ada”", 2)
    (last,) = as_owner.get(first.context["pager"].next).context["rows"]
    assert last.row.mail.person_id in ada[:3]
    assert as_owner.get(url, {"q": "bea@exam"}).context["total"] == 1
    assert "Nobody fits" in as_owner.get(url, {"q": "zoe"}).content.decode()


def test_states_keep_the_search_and_each_counts_what_it_opens(as_owner: Client) -> None:
    ada = [factories.person(first_name="Ada").id for _ in range(3)]
    states = dict(zip([*ada, factories.person(first_name="Bea").id], ["sent", "sent", "failed", "sent"], strict=True))
    url = f"/dashboard/campaigns/{sent_to(audience_steps.started(), states).id}/mails/"
    tabs = as_owner.get(url, {"q": "ada", "state": "failed"}).context["states"]
    assert {one["label"]: one["count"] for one in tabs if one["count"]} == {"All": 3, "Sent": 2, "Failed": 1}
    assert [one["label"] for one in tabs if one["is_current"]] == ["Failed"]
    for one in tabs:
        assert total(as_owner, one["url"]) == one["count"], one["label"]


def test_list_narrowed_as_somebody_types_leaves_them_their_field(as_owner: Client) -> None:
    campaign = started().id
    given(campaign)
    asked = {"HX-Request": "true", "HX-Target": "campaign-mails"}
    part = as_owner.get(f"/dashboard/campaigns/{campaign}/mails/", {"q": "zo "}, headers=asked).content.decode()
    assert ("Nobody fits" in part, 'id="mails-q"' in part, "innerHTML:#mails-more" in part) == (True, False, True)


def test_how_near_a_campaign_is_to_pausing_itself_is_shown(as_owner: Client) -> None:
    campaign = started().id
    given(campaign, "complained")
    engine.store().apply([replace(mail("sent", campaign_id=campaign), outcome="bounced", is_hard_bounce=True)])
    page = as_owner.get(f"/dashboard/campaigns/{campaign}/")
    assert (page.context["results"].bounces, page.context["results"].complaints) == (Limit(1, 25), Limit(1, 1))


def test_a_recipient_is_shown_by_what_became_of_the_mail(as_owner: Client) -> None:
    campaign = started().id
    given(campaign, "bounced")
    given(campaign, "delivered", did="click", verdict="machine")
    rows = as_owner.get(f"/dashboard/campaigns/{campaign}/mails/").context["rows"]
    assert {(row.label, row.did) for row in rows} == {("Bounced", ""), ("Delivered", "Clicked by a machine")}


def test_no_news_is_of_sent_mails_alone(as_owner: Client) -> None:
    campaign = started().id
    given(campaign)
    given(campaign, state="pending")
    assert total(as_owner, f"/dashboard/campaigns/{campaign}/mails/?outcome=none") == 1


@pytest.mark.parametrize("name", ["state", "outcome", "did"])
def test_a_filter_that_is_none_is_named(as_owner: Client, name: str) -> None:
    answer = as_owner.get(f"/dashboard/campaigns/{started().id}/mails/", {name: "lost"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


def test_filters_are_kept_together(as_owner: Client) -> None:
    campaign = started().id
    given(campaign, "delivered")
    given(campaign, "bounced")
    page = as_owner.get(f"/dashboard/campaigns/{campaign}/mails/", {"state": "sent", "outcome": "bounced"})
    assert page.context["total"] == 1
    assert page.context["whom"].words == "Sent, Bounced"
    assert b'<input type="hidden" form="mails-filter" name="state" value="sent">' in page.content


def sending() -> Campaign:
    """A campaign that is being sent for a minute."""
    return replace(started(), state=SENDING, matched=100, updated_at=clock.now() - timedelta(minutes=1))


def paced(campaign: Campaign, *, newly: int, to_go: int) -> pace.Pace | None:
    """Return the pace after `newly` mails of the last moments and with `to_go` left."""
    now = clock.now()
    recent = [mail(campaign_id=campaign.id, state_at=now - timedelta(seconds=5)) for _ in range(newly)]
    older = [mail(campaign_id=campaign.id, state_at=now - timedelta(minutes=5)) for _ in range(3)]
    left = [mail("pending", campaign_id=campaign.id) for _ in range(to_go)]
    engine.store().apply([*recent, *older, *left])
    return pace.of(campaign, progress.of(campaign.id, campaign.state, newly + 3 + to_go))


def test_the_pace_is_that_of_the_last_moments() -> None:
    found = paced(sending(), newly=40, to_go=60)
    assert found is not None
    assert found.rate == "2 a second"
    assert round(found.left.total_seconds()) == 30
    assert found.time_left == "less than a minute left"


def test_a_slow_campaign_is_told_by_the_minute() -> None:
    found = paced(sending(), newly=1, to_go=6)
    assert found is not None
    assert (found.rate, found.time_left) == ("3 a minute", "about 2 min left")


def test_no_pace_is_made_up_where_nothing_was_sent() -> None:
    assert paced(sending(), newly=0, to_go=6) is None
