"""What staff do to a campaign on its pages: each control does one thing, and whoever may not send sees none."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
from django.test import Client

from crm.campaigns import actions, repository
from crm.campaigns.entities import Campaign, Mail
from crm.core import clock
from crm.core.utm import Utm
from crm.search import filters
from tests import factories
from tests.campaigns.accounts import sending
from tests.mail_documents import mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tables", "data_dir")]

AT_TECHCORP = filters.from_query({"company": "TechCorp"})
UTM = Utm("newsletter", "email", "tech_conf_2025")
CONTROLS = ("pause", "resume", "cancel", "schedule", "unschedule")


def started(**given: object) -> Campaign:
    """Start a campaign."""
    values = {"where": AT_TECHCORP, "subject": "Join us", "body": "Come!", "utm": UTM, "actor": factories.ACTOR}
    return actions.send(**{**values, **given}).campaign  # type: ignore[arg-type]


def scheduled() -> Campaign:
    """Schedule a campaign for next week, on New York's clock."""
    return started(at=clock.now() + timedelta(days=7), zone="America/New_York")


def drafted() -> Campaign:
    """Keep a draft."""
    return actions.draft(mail=Mail("Early seats", "Join us", "Come!", UTM), where=AT_TECHCORP, actor=factories.ACTOR)


def stored(campaign: Campaign) -> Campaign:
    """Read a campaign as it is now."""
    found = repository.find(campaign.id)
    assert found is not None
    return found


def page(client: Client, campaign: Campaign) -> str:
    """Load a campaign's page."""
    return client.get(f"/dashboard/campaigns/{campaign.id}/").content.decode()


def posted(client: Client, campaign: Campaign, control: str) -> str:
    """Use a control and load the page to which it leads."""
    answer = client.post(f"/dashboard/campaigns/{campaign.id}/{control}/")
    assert answer.status_code == HTTPStatus.SEE_OTHER
    return client.get(answer["Location"]).content.decode()


def test_pausing_and_resuming_bring_back_to_the_page_and_say_so(as_owner: Client) -> None:
    campaign = started()
    paused = posted(as_owner, campaign, "pause")
    assert stored(campaign).state == "paused"
    assert "“Join us” is paused." in paused
    assert f'action="/dashboard/campaigns/{campaign.id}/resume/"' in paused
    resumed = posted(as_owner, campaign, "resume")
    assert stored(campaign).state == "freezing"
    assert "“Join us” goes on." in resumed


def test_campaign_that_stopped_by_itself_says_why_and_can_be_lifted(as_owner: Client) -> None:
    campaign = started()
    assert actions.stop(campaign.id, "6.2 % of its mails bounced for good.")
    shown = page(as_owner, campaign)
    assert "Paused by itself" in shown
    assert "6.2 % of its mails bounced for good." in shown
    assert "Lift and go on" in shown


def test_campaign_paused_by_hand_names_who_did_it(as_owner: Client) -> None:
    campaign = started()
    as_owner.post(f"/dashboard/campaigns/{campaign.id}/pause/")
    steps = as_owner.get(f"/dashboard/campaigns/{campaign.id}/").context["history"]
    assert (steps[0].what, steps[0].by) == ("Paused", "Olga Owner")


def test_cancelling_asks_with_the_numbers_first(as_owner: Client) -> None:
    campaign = started()
    mails(3, "pending", campaign_id=campaign.id)
    mails(2, "sent", campaign_id=campaign.id)
    url = f"/dashboard/campaigns/{campaign.id}/cancel/"
    asked = as_owner.get(url).content.decode()
    assert "3 people will not get the mail. 2 have been sent it" in asked
    assert "Cancel for 3 people" in asked
    assert stored(campaign).state == "freezing"
    as_owner.post(url)
    assert stored(campaign).state == "cancelled"


def test_cancelling_what_is_over_says_so(as_owner: Client) -> None:
    campaign = started()
    actions.cancel(campaign_id=campaign.id, actor=factories.ACTOR)
    assert "there is nothing to cancel" in posted(as_owner, campaign, "cancel")


@pytest.mark.parametrize(("control", "state"), [("pause", "is paused"), ("unschedule", "is still a draft")])
def test_second_click_leads_to_the_campaign_and_says_its_state(as_owner: Client, control: str, state: str) -> None:
    campaign = scheduled() if control == "unschedule" else started()
    first = as_owner.post(f"/dashboard/campaigns/{campaign.id}/{control}/")
    assert first.status_code == HTTPStatus.SEE_OTHER
    again = posted(as_owner, campaign, control)
    assert f"This campaign {state}:" in again
    assert 'class="toast error"' in again
    assert stored(campaign).version == campaign.version + 1


def test_second_click_on_resume_changes_nothing(as_owner: Client) -> None:
    campaign = started()
    posted(as_owner, campaign, "pause")
    posted(as_owner, campaign, "resume")
    assert "only a paused one can be resumed" in posted(as_owner, campaign, "resume")
    assert stored(campaign).state == "freezing"


def test_campaign_has_started_once_its_people_are_chosen(as_owner: Client) -> None:
    for campaign in (drafted(), scheduled(), started()):
        assert "written <time" in page(as_owner, campaign)
    begun = sending("sent")
    assert "started <time" in page(as_owner, begun)


def test_one_mail_being_taken_back_is_one(as_owner: Client) -> None:
    campaign = sending("pending")
    actions.cancel(campaign_id=campaign.id, actor=factories.ACTOR)
    assert "1 mail is being taken back" in page(as_owner, campaign)


def test_draft_is_discarded_in_words_of_its_own(as_owner: Client) -> None:
    asked = as_owner.get(f"/dashboard/campaigns/{drafted().id}/cancel/").content.decode()
    assert "Discard the draft “Early seats”?" in asked


def test_schedule_is_shown_on_its_own_clock_and_on_the_viewers(as_owner: Client) -> None:
    campaign = scheduled()
    as_owner.cookies["tz"] = "Asia/Tokyo"
    shown = page(as_owner, campaign)
    assert "in New York" in shown
    assert "for you" in shown
    as_owner.cookies["tz"] = "America/New_York"
    assert "for you" not in page(as_owner, campaign)


def test_rescheduling_takes_a_time_on_the_chosen_clock(as_owner: Client) -> None:
    campaign = scheduled()
    day = (clock.now() + timedelta(days=20)).date()
    given = {"at": f"{day}T09:30", "zone": "Asia/Tokyo"}
    answer = as_owner.post(f"/dashboard/campaigns/{campaign.id}/schedule/", given)
    assert f"{day.year}, 09:30 in Tokyo." in as_owner.get(answer["Location"]).content.decode()
    moved = stored(campaign)
    assert moved.zone == "Asia/Tokyo"
    assert moved.scheduled_at == datetime(day.year, day.month, day.day, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["US/Eastern", "GMT", "Europe/Berlin"])
def test_saving_a_schedule_unchanged_moves_no_time(as_owner: Client, zone: str) -> None:
    campaign = started(at=(clock.now() + timedelta(days=7)).replace(second=0, microsecond=0), zone=zone)
    url = f"/dashboard/campaigns/{campaign.id}/schedule/"
    shown = as_owner.get(url).content.decode()
    assert f'<option value="{zone}" selected>' in shown
    at = shown.partition('name="at" value="')[2].partition('"')[0]
    assert as_owner.post(url, {"at": at, "zone": zone}).status_code == HTTPStatus.SEE_OTHER
    assert (stored(campaign).scheduled_at, stored(campaign).zone) == (campaign.scheduled_at, zone)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"at": "2020-01-01T09:00", "zone": "UTC"}, "This time is over."),
        ({"at": "soon", "zone": "UTC"}, "Give a date and a time"),
        ({"at": "2030-01-01T09:00", "zone": "Nowhere"}, "Select a valid choice"),
    ],
)
def test_time_that_cannot_be_is_refused_beside_its_field(as_owner: Client, given: dict[str, str], problem: str) -> None:
    answer = as_owner.post(f"/dashboard/campaigns/{scheduled().id}/schedule/", given)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert problem in answer.content.decode()


def test_rescheduling_what_has_begun_is_refused(as_owner: Client) -> None:
    campaign = started()
    day = (clock.now() + timedelta(days=20)).date()
    answer = as_owner.post(f"/dashboard/campaigns/{campaign.id}/schedule/", {"at": f"{day}T09:30", "zone": "UTC"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert b"only a scheduled one can be put off" in answer.content


def test_unscheduling_makes_it_a_draft(as_owner: Client) -> None:
    campaign = scheduled()
    as_owner.post(f"/dashboard/campaigns/{campaign.id}/unschedule/")
    assert stored(campaign).state == "draft"


def test_viewer_sees_no_control_and_may_use_none(as_viewer: Client) -> None:
    for campaign in (started(), scheduled(), drafted()):
        shown = page(as_viewer, campaign)
        assert 'method="post"' not in shown.partition("<main")[2]
        assert "button primary" not in shown.partition("<main")[2]
        for control in CONTROLS:
            answer = as_viewer.post(f"/dashboard/campaigns/{campaign.id}/{control}/")
            assert answer.status_code == HTTPStatus.FORBIDDEN, control
        assert stored(campaign).version == campaign.version


@pytest.mark.parametrize("control", ["pause", "resume", "unschedule"])
def test_what_changes_something_is_never_done_by_a_link(as_owner: Client, control: str) -> None:
    answer = as_owner.get(f"/dashboard/campaigns/{started().id}/{control}/")
    assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_each_state_offers_what_it_allows(as_owner: Client) -> None:
    def offered(campaign: Campaign) -> set[str]:
        shown = as_owner.get(f"/dashboard/campaigns/{campaign.id}/").context["offers"]
        return {name for name in shown.__slots__ if getattr(shown, name)}

    sending, later, draft = started(), scheduled(), drafted()
    assert offered(sending) == {"pause", "cancel"}
    assert offered(later) == {"reschedule", "cancel"}
    assert offered(draft) == {"write", "cancel"}
    actions.pause(campaign_id=sending.id, actor=factories.ACTOR)
    assert offered(sending) == {"resume", "cancel"}
    actions.cancel(campaign_id=sending.id, actor=factories.ACTOR)
    assert offered(sending) == set()
