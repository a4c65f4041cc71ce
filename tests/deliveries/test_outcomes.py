"""What SES events tell of a mail is settled the same in whatever order, and however often, they come."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core import clock
from crm.core.transaction import Refused, begin
from crm.deliveries import outcomes, repository, settling, transitions
from crm.deliveries.entities import (
    FAILED,
    HELD,
    PENDING,
    SENDING,
    SENT,
    SKIPPED,
    UNKNOWN,
    UNKNOWN_WAIT,
    Delivery,
)
from crm.deliveries.outcomes import BOUNCED, COMPLAINED, DELAYED, DELIVERED, REJECTED, News
from tests.deliveries import examples
from tests.deliveries.test_transitions import STATES, WAITED

NOW = clock.now()
ACCEPTED = NOW - timedelta(seconds=30)


def _news(outcome: str = "", attempt: int = 1, message_id: str = "m1", **more: object) -> News:
    values = {"outcome_at": NOW if outcome else None, **more}
    return News(attempt, message_id, ACCEPTED, outcome, **values)  # type: ignore[arg-type]


def _read(mail: Delivery) -> Delivery:
    found = repository.find(mail.source, mail.shard, mail.person_id, mail.step)
    assert found is not None
    return found


def _tell(mail: Delivery, news: News) -> Delivery:
    read = _read(mail)
    told = outcomes.after(read, news, WAITED)
    assert told == read or transitions.settle(read, told)
    return _read(mail)


def _in_doubt_again() -> Delivery:
    mail = STATES[UNKNOWN]()
    assert transitions.risk_again(mail, WAITED)
    return _read(mail)


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("outcome", ["", *outcomes.OUTCOMES])
@pytest.mark.parametrize("state", [*STATES, "pending after a doubt"])
def test_event_settles_what_ses_may_have_accepted_and_nothing_else(state: str, outcome: str) -> None:
    made: dict[str, Callable[[], Delivery]] = {**STATES, "pending after a doubt": _in_doubt_again}
    before = _read(made[state]())

    after = _tell(before, _news(outcome))

    if state in {SENDING, UNKNOWN, HELD, "pending after a doubt", SENT}:
        assert (after.state, after.outcome, after.message_id) == (SENT, outcome, "m1")
        assert (after.due_at, after.other_message_ids) == (None, ())
    else:
        assert after == before


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("state", [UNKNOWN, HELD, SENDING])
def test_late_event_says_when_ses_took_the_mail(state: str) -> None:
    after = _tell(STATES[state](), _news(DELIVERED))

    assert (after.sent_at, after.reason) == (ACCEPTED, "")


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("state", [UNKNOWN, SENT])
def test_what_is_made_of_events_is_what_is_stored(state: str) -> None:
    read = STATES[state]()
    news = [_news(DELIVERED), _news(BOUNCED, reason="no such mailbox", is_permanent=True), _news(COMPLAINED)]

    for step, one in enumerate(news, 1):
        told = outcomes.after(_read(read), one, WAITED)
        assert _tell(read, one) == replace(told, version=read.version + step)
    assert (_read(read).delivered_at, _read(read).outcome_reason) == (NOW, "")


@pytest.mark.usefixtures("tables")
def test_event_about_an_attempt_not_made_yet_changes_nothing() -> None:
    before = STATES[UNKNOWN]()

    assert _tell(before, _news(DELIVERED, attempt=2)) == before


@pytest.mark.usefixtures("tables")
def test_event_about_an_earlier_attempt_settles_the_later_one() -> None:
    again = _in_doubt_again()
    claimed = transitions.claim(again, claim_id="other", email=again.email, now=WAITED)
    assert claimed is not None

    after = _tell(claimed, _news(DELIVERED, attempt=1))

    assert (after.state, after.attempt) == (SENT, 2)
    assert not transitions.sent(claimed, "m2", WAITED)
    assert settling.accepted(claimed, "m2", WAITED)
    assert (_read(claimed).message_id, _read(claimed).other_message_ids) == ("m1", ("m2",))


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("state", [PENDING, SENDING, FAILED, HELD])
def test_event_settles_any_mail_after_a_doubt(state: str) -> None:
    mail = STATES[HELD]()
    assert transitions.resend(mail, WAITED)
    if state == HELD:
        assert transitions.cancel(_read(mail), WAITED)
    elif state != PENDING:
        claimed = transitions.claim(_read(mail), claim_id="other", email=mail.email, now=WAITED)
        assert claimed is not None
        assert state == SENDING or transitions.fail(claimed, "no such domain", WAITED)
    assert _read(mail).state == state

    after = _tell(mail, _news(DELIVERED))

    assert (after.state, after.outcome, after.message_id, after.due_at) == (SENT, DELIVERED, "m1", None)


@pytest.mark.usefixtures("tables")
def test_answer_that_came_after_the_mail_was_held_settles_it() -> None:
    claimed = STATES[SENDING]()
    assert transitions.expire(claimed, "lease_over", WAITED)
    assert transitions.hold(_read(claimed), WAITED + UNKNOWN_WAIT)

    assert settling.accepted(claimed, "m1", WAITED)
    assert (_read(claimed).state, _read(claimed).message_id) == (SENT, "m1")
    assert settling.accepted(claimed, "m1", WAITED), "once more changes nothing"
    assert _read(claimed).other_message_ids == ()


@pytest.mark.usefixtures("tables")
def test_every_other_message_id_is_kept_as_a_mail_too_many() -> None:
    after = _tell(_tell(STATES[SENT](), _news(message_id="m3")), _news(message_id="m2"))

    assert (after.message_id, after.other_message_ids) == ("m1", ("m2", "m3"))


@pytest.mark.usefixtures("tables")
def test_mail_that_moved_meanwhile_is_decided_anew() -> None:
    read = STATES[UNKNOWN]()
    told = outcomes.after(read, _news(DELIVERED), WAITED)
    assert transitions.hold(read, WAITED)

    assert not transitions.settle(read, told)
    tx = begin()
    transitions.settle_in(tx, read, told)
    with pytest.raises(Refused):
        tx.commit()

    assert _read(read).state == HELD


@pytest.mark.usefixtures("tables")
def test_two_events_that_read_the_same_do_not_overwrite_each_other() -> None:
    read = STATES[SENT]()
    delivered, bounced = (outcomes.after(read, _news(outcome), NOW) for outcome in (DELIVERED, BOUNCED))

    assert transitions.settle(read, bounced)
    assert not transitions.settle(read, delivered)

    assert _read(read).outcome == BOUNCED


def test_outcomes_rank() -> None:
    sent = replace(examples.mail(), state=SENT, attempt=1, message_id="m1")
    rising = [_news(outcome) for outcome in (DELAYED, DELIVERED, REJECTED, BOUNCED)]
    rising += [_news(BOUNCED, is_permanent=True), _news(COMPLAINED)]

    for number, news in enumerate(rising):
        sent = outcomes.after(sent, news, NOW)
        assert (sent.outcome, sent.is_hard_bounce) == (news.outcome, news.is_permanent)
        assert all(outcomes.after(sent, lower, NOW) == sent for lower in rising[: number + 1])


def test_reason_is_cut_so_that_a_delivery_stays_small() -> None:
    sent = replace(examples.mail(), state=SENT, attempt=1, message_id="m1")

    told = outcomes.after(sent, _news(BOUNCED, reason="x" * 5_000), NOW)

    assert len(told.outcome_reason) == 200
    assert outcomes.after(told, _news(BOUNCED, reason="x" * 5_000), NOW) == told


NEWS = st.builds(
    lambda outcome, minutes, reason, attempt, is_permanent: News(
        attempt=attempt,
        message_id=f"m{attempt}",
        accepted_at=ACCEPTED + timedelta(minutes=attempt),
        outcome=outcome,
        outcome_at=NOW + timedelta(minutes=minutes) if outcome else None,
        reason=reason,
        is_permanent=is_permanent and outcome == BOUNCED,
    ),
    st.sampled_from(["", *outcomes.OUTCOMES]),
    st.integers(0, 3),
    st.sampled_from(["", "a", "b"]),
    st.integers(1, 4),
    st.booleans(),
)


def _all_told(mail: Delivery, told: Sequence[News]) -> Delivery:
    for news in told:
        mail = outcomes.after(mail, news, NOW)
    return mail


@given(
    told=st.lists(NEWS, max_size=6),
    state=st.sampled_from([PENDING, SENDING, SENT, FAILED, SKIPPED, UNKNOWN, HELD]),
    seed=st.integers(0, 1_000),
)
def test_order_and_repetition_of_events_do_not_matter(told: list[News], state: str, seed: int) -> None:
    mail = replace(
        examples.mail(), state=state, attempt=3, duplicate_risk=True, message_id="m1" if state == SENT else ""
    )
    shuffled = told * 10
    random.Random(seed).shuffle(shuffled)

    assert _all_told(mail, told) == _all_told(mail, told[::-1]) == _all_told(mail, shuffled)
