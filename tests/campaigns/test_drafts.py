"""Drafts are kept until they are sent or scheduled; a schedule can be moved or taken back until it has begun."""

from datetime import UTC, datetime, timedelta

import pytest

from crm.audit import repository as audit
from crm.campaigns import actions, repository, schedule
from crm.campaigns.entities import DRAFT, FREEZING, SCHEDULED, Campaign, Mail
from crm.core import clock, errors
from crm.core.utm import NO_UTM, Utm
from crm.search import filters
from tests import factories
from tests.campaigns.audience_steps import found

pytestmark = pytest.mark.usefixtures("tables", "data_dir")

AT_TECHCORP = filters.from_query({"company": "TechCorp"})
SOON = timedelta(hours=1)


def _draft(**given: object) -> Campaign:
    mail = Mail(name="", subject="Join us", body="Come!", utm=Utm("news"))
    values = {"mail": mail, "where": AT_TECHCORP, "actor": factories.ACTOR}
    return actions.draft(**{**values, **given})  # type: ignore[arg-type]


def _send(**given: object) -> Campaign:
    values = {"where": AT_TECHCORP, "subject": "Join us", "body": "Come!", "utm": NO_UTM, "actor": factories.ACTOR}
    return actions.send(**{**values, **given}).campaign  # type: ignore[arg-type]


def test_draft_is_nobodys_work() -> None:
    draft = _draft()

    assert (found(draft).state, found(draft)) == (DRAFT, draft)
    assert list(repository.open_ids()) == []


def test_draft_may_lack_what_a_mail_needs() -> None:
    draft = _draft(mail=Mail(name="", subject="", body="", utm=NO_UTM))

    assert (draft.name, draft.subject, repository.body(draft)) == ("Untitled", "", "")
    with pytest.raises(errors.Invalid):
        _send(subject="", draft_id=draft.id)


def test_draft_remembers_when_it_is_meant_to_go_out_and_sending_it_now_forgets() -> None:
    over = clock.now() - SOON

    draft = _draft(at=over, zone="Europe/Berlin")

    assert (draft.scheduled_at, draft.zone, found(draft)) == (over, "Europe/Berlin", draft)
    with pytest.raises(errors.Invalid) as refused:
        _draft(at=over, zone="Mars/Olympus")
    assert list(refused.value.fields) == ["zone"]
    sent = _send(draft_id=draft.id)
    assert (sent.state, sent.scheduled_at, sent.zone, found(sent)) == (FREEZING, None, "", sent)


def test_draft_that_somebody_changed_meanwhile_is_not_sent() -> None:
    draft = _draft()
    theirs = _draft(campaign_id=draft.id, revision=1)

    with pytest.raises(errors.Conflict, match="changed meanwhile"):
        _send(draft_id=draft.id, revision=1)

    assert found(draft) == theirs
    assert _send(draft_id=draft.id, revision=2).state == FREEZING


def test_what_a_draft_has_must_do_for_a_mail() -> None:
    with pytest.raises(errors.Invalid) as refused:
        _draft(mail=Mail(name="", subject="a\nBcc: b", body="", utm=NO_UTM), kind="spam")

    assert list(refused.value.fields) == ["subject"]
    with pytest.raises(errors.Invalid) as refused:
        _draft(kind="spam")
    assert list(refused.value.fields) == ["kind"]


def test_every_edit_of_a_draft_is_a_revision() -> None:
    first = _draft()

    second = _draft(mail=Mail(name="Early", subject="Hi", body="Ho", utm=NO_UTM), kind="notice", campaign_id=first.id)

    assert found(first) == second
    assert (second.revision, second.name, second.subject, second.kind) == (2, "Early", "Hi", "notice")
    assert (repository.body(first), repository.body(second)) == ("Come!", "Ho")
    assert [entry.action for entry in audit.history("campaign", first.id)] == ["edited", "drafted"]


def test_edit_of_an_older_revision_is_refused() -> None:
    draft = _draft()
    _draft(campaign_id=draft.id, revision=1)

    with pytest.raises(errors.Conflict, match="changed meanwhile"):
        _draft(campaign_id=draft.id, revision=1)

    assert found(draft).revision == 2


def test_sent_draft_is_the_campaign() -> None:
    draft = _draft()

    sent = _send(draft_id=draft.id, body="Come now!", kind="invitation")

    assert found(draft) == sent
    assert (sent.id, sent.state, sent.kind, repository.body(sent)) == (draft.id, FREEZING, "invitation", "Come now!")
    assert list(repository.open_ids()) == [draft.id]
    assert audit.history("campaign", draft.id)[0].action == "started"


def test_draft_is_sent_once() -> None:
    draft = _draft()
    _send(draft_id=draft.id)

    with pytest.raises(errors.Conflict, match="is choosing its people"):
        _send(draft_id=draft.id)
    with pytest.raises(errors.Conflict, match="is choosing its people"):
        _draft(campaign_id=draft.id)


def test_scheduled_campaign_waits_for_its_time() -> None:
    at = clock.now() + SOON

    scheduled = _send(at=at, zone="Europe/Berlin")

    assert (scheduled.state, scheduled.scheduled_at, scheduled.zone) == (SCHEDULED, at, "Europe/Berlin")
    assert found(scheduled) == scheduled
    assert list(repository.open_ids()) == [scheduled.id]
    assert audit.history("campaign", scheduled.id)[0].action == "scheduled"


def test_schedule_can_be_moved_and_taken_back() -> None:
    campaign = _send(at=clock.now() + SOON)
    later = clock.now() + 2 * SOON

    moved = actions.reschedule(campaign_id=campaign.id, at=later, zone="UTC", actor=factories.ACTOR)
    assert (moved.state, found(campaign).scheduled_at) == (SCHEDULED, later)
    draft = actions.unschedule(campaign_id=campaign.id, actor=factories.ACTOR)

    assert (draft.state, draft.scheduled_at, found(campaign)) == (DRAFT, later, draft)
    assert list(repository.open_ids()) == []
    assert [entry.action for entry in audit.history("campaign", campaign.id)[:2]] == ["unscheduled", "rescheduled"]


def test_what_is_not_scheduled_has_no_schedule_to_move() -> None:
    draft = _draft()

    with pytest.raises(errors.Conflict, match="still a draft"):
        actions.reschedule(campaign_id=draft.id, at=clock.now() + SOON, actor=factories.ACTOR)
    with pytest.raises(errors.Conflict, match="still a draft"):
        actions.unschedule(campaign_id=draft.id, actor=factories.ACTOR)


@pytest.mark.parametrize(
    ("ahead", "zone", "field"),
    [
        (timedelta(0), "UTC", "at"),
        (timedelta(days=-1), "UTC", "at"),
        (timedelta(days=400), "UTC", "at"),
        (SOON, "Mars/Olympus", "zone"),
    ],
)
def test_schedule_that_breaks_a_rule_is_refused(ahead: timedelta, zone: str, field: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        _send(at=clock.now() + ahead, zone=zone)

    assert list(refused.value.fields) == [field]
    assert list(repository.open_ids()) == []


def test_schedule_without_an_offset_is_refused() -> None:
    with pytest.raises(errors.Invalid):
        schedule.moment(datetime(2030, 1, 1, 9), "UTC", clock.now())  # noqa: DTZ001 - the point


def test_local_time_is_read_on_the_clock_of_the_zone() -> None:
    local = datetime(2025, 7, 1, 9)  # noqa: DTZ001 - what a form holds

    assert schedule.on_clock(local, "Europe/Berlin") == datetime(2025, 7, 1, 7, tzinfo=UTC)


def test_time_that_comes_twice_is_the_first() -> None:
    local = datetime(2025, 10, 26, 2, 30)  # noqa: DTZ001 - what a form holds

    assert schedule.on_clock(local, "Europe/Berlin") == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(("zone", "field"), [("Europe/Berlin", "at"), ("Mars/Olympus", "zone")])
def test_time_that_no_clock_shows_is_refused(zone: str, field: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        schedule.on_clock(datetime(2025, 3, 30, 2, 30), zone)  # noqa: DTZ001 - what a form holds

    assert list(refused.value.fields) == [field]
