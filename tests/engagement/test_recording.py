"""What was done with a mail is kept as it came, and judged with what came around it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from crm.core import changes, clock, dynamo, errors
from crm.core.changes import Change
from crm.deliveries import repository as deliveries
from crm.deliveries import transitions
from crm.deliveries.entities import Delivery
from crm.deliveries.tokens import MailRef
from crm.engagement import actions, repository
from crm.engagement.entities import CLICK, OPEN, Engagement, Seen
from crm.engagement.tables import EngagementItem, engagement_pk
from crm.search import documents
from tests.deliveries import examples
from tests.engagement.test_classification import BROWSER

pytestmark = pytest.mark.usefixtures("tables")


def sent(ago: timedelta = timedelta(hours=1), **values: object) -> Delivery:
    """Store a mail that was sent a while ago."""
    mail = replace(examples.mail(), state="sent", due_at=None, sent_at=clock.now() - ago, **values)  # type: ignore[arg-type]
    deliveries.create(mail)
    return mail


def ref(mail: Delivery) -> MailRef:
    return MailRef(mail.source, mail.shard, mail.person_id, mail.step)


def click(at: datetime, link: int = 1) -> Seen:
    return Seen(CLICK, at, link=link, agent=BROWSER)


def rows(mail: Delivery) -> list[Engagement]:
    return repository.between(ref(mail), clock.now() - timedelta(days=1), clock.now() + timedelta(days=1))


def test_click_is_kept_with_its_link_agent_and_verdict() -> None:
    mail = sent()
    actions.record(ref(mail), Seen(CLICK, clock.now(), link=2, agent=BROWSER))

    (kept,) = rows(mail)

    assert (kept.kind, kept.link, kept.agent, kept.verdict, kept.mail_kind) == (CLICK, 2, BROWSER, "human", "campaign")


def test_nothing_is_dropped_for_being_a_machines() -> None:
    mail = sent()
    actions.record(ref(mail), Seen(OPEN, clock.now(), agent="curl/8"))

    assert [(row.kind, row.why) for row in rows(mail)] == [(OPEN, "agent")]


def test_agent_is_kept_to_two_hundred_characters_that_can_be_printed() -> None:
    mail = sent()
    actions.record(ref(mail), Seen(OPEN, clock.now(), agent="Mozilla/5.0\x07" + "x" * 500))

    assert rows(mail)[0].agent == "Mozilla/5.0?" + "x" * 188


def test_click_right_after_sending_is_a_machines() -> None:
    mail = sent(timedelta(seconds=1))
    actions.record(ref(mail), click(clock.now()))

    assert rows(mail)[0].why == "early"


def test_burst_takes_back_its_first_clicks_and_leaves_a_later_one() -> None:
    mail, now = sent(), clock.now()
    for number in (1, 2, 3):
        actions.record(ref(mail), click(now + timedelta(seconds=number / 2), number))
    actions.record(ref(mail), click(now + timedelta(seconds=30)))

    assert [row.why for row in rows(mail)] == ["burst", "burst", "burst", ""]


def test_hidden_link_followed_last_takes_back_what_came_before_and_leaves_a_later_click() -> None:
    mail, now = sent(), clock.now()
    for after_s in (0, 1.3, 29):
        actions.record(ref(mail), click(now + timedelta(seconds=after_s)))
    actions.record(ref(mail), replace(click(now + timedelta(seconds=30), link=0), is_hidden=True))
    actions.record(ref(mail), click(now + timedelta(seconds=50)))
    actions.record(ref(mail), click(now + timedelta(seconds=61)))

    beside = "beside-honeypot"
    assert [row.why for row in rows(mail)] == [beside, beside, beside, "honeypot", beside, ""]


def test_burst_of_one_person_says_nothing_about_another() -> None:
    mine, theirs, now = sent(), sent(person_id="p10"), clock.now()
    actions.record(ref(theirs), click(now))
    for number in (1, 2, 3):
        actions.record(ref(mine), click(now, number))

    assert [row.why for row in rows(theirs)] == [""]


def test_event_told_twice_is_kept_once() -> None:
    mail, seen = sent(), click(clock.now())
    for _ in range(2):
        actions.record(ref(mail), seen, key="sns-message-1")

    assert len(rows(mail)) == 1


def test_delivery_that_becomes_known_later_judges_what_came_before_it() -> None:
    mail, now = sent(), clock.now()
    for after_s in (-30, 4, 6):
        actions.record(ref(mail), click(now + timedelta(seconds=after_s)))

    for _ in range(2):
        actions.delivered(ref(mail), now)

    assert [row.why for row in rows(mail)] == ["early", "early", ""]


def test_earlier_moment_of_delivery_takes_back_what_a_later_one_said_but_no_burst() -> None:
    mail, now = sent(), clock.now()
    actions.record(ref(mail), click(now - timedelta(seconds=60), 1))
    actions.record(ref(mail), click(now - timedelta(seconds=30)))
    actions.delivered(ref(mail), now)
    for number in (2, 3):
        actions.record(ref(mail), click(now - timedelta(seconds=60), number))

    actions.delivered(ref(mail), now - timedelta(hours=2))

    assert [row.why for row in rows(mail)] == ["burst"] * 3 + [""]


def test_delivery_told_while_a_click_is_stored_judges_it(monkeypatch: pytest.MonkeyPatch) -> None:
    mail, now, add = sent(), clock.now(), repository.add

    def told_meanwhile(row: Engagement) -> bool:
        stored = deliveries.find(mail.source, mail.shard, mail.person_id, mail.step)
        assert stored is not None
        assert transitions.settle(stored, replace(stored, delivered_at=now))
        actions.delivered(ref(mail), now)
        return add(row)

    monkeypatch.setattr(repository, "add", told_meanwhile)
    actions.record(ref(mail), click(now))

    assert rows(mail)[0].why == "early"


def test_step_that_holds_a_separator_is_read_back() -> None:
    mail = sent(step="confirmation#2", kind="confirmation", source="e1")
    actions.record(ref(mail), click(clock.now()))

    (kept,) = rows(mail)

    assert kept.mail == ref(mail)
    (found,) = dynamo.query(EngagementItem, engagement_pk(ref(mail)))
    (document,) = documents.of([Change(found, 1)])
    assert isinstance(document, documents.EngagementDocument)
    assert (document.mail_id, document.campaign_id) == (mail.id, None)


def test_stretch_ends_where_it_says_and_holds_no_other_mails_rows() -> None:
    mail, longer = sent(step="confirmation"), sent(step="confirmation#2")
    end = clock.now()
    for at in (end, end + timedelta(microseconds=1)):
        actions.record(ref(mail), click(at))
        actions.record(ref(longer), click(at))

    def within(one: Delivery) -> list[tuple[MailRef, datetime]]:
        return [(row.mail, row.at) for row in repository.between(ref(one), end - timedelta(hours=1), end)]

    assert within(mail) == [(ref(mail), end)]
    assert within(longer) == [(ref(longer), end)]


def test_every_row_has_a_document_of_its_own() -> None:
    mail, now = sent(), clock.now()
    actions.record(ref(mail), click(now))
    actions.record(ref(mail), click(now, 2))
    found = list(dynamo.query(EngagementItem, engagement_pk(ref(mail))))

    made = changes.documents([Change(item, 1) for item in found])

    assert len({document.id for document in made}) == 2


def test_store_that_is_away_fails_nobody(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def away(row: Engagement) -> bool:
        raise errors.Busy

    monkeypatch.setattr(repository, "add", away)
    actions.record_if_possible(ref(sent()), click(clock.now()), is_flood=False)

    assert "could not be kept" in caplog.text
