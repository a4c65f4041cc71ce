"""The account's limits hold in any window, and GetAccount tells them."""

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from devstack.ses_simulator.faults import Faults
from devstack.ses_simulator.limits import Quota, Rate
from tests.devstack.ses_simulator.simulator import Simulator

NOON = 1_800_000_000.0


@given(st.lists(st.floats(0, 0.4), min_size=1, max_size=80), st.sampled_from([0.5, 1.0, 3.0, 7.5]), st.integers(1, 3))
def test_no_second_has_more_than_the_rate_allows(gaps: list[float], rate: float, recipients: int) -> None:
    limit, moment, passed = Rate(), NOON, []
    for gap in gaps:
        moment += gap
        if limit.take(rate, 1, moment):
            passed.append(moment)
    window = 1.0 if rate >= 1 else 1 / rate
    most = max(len([other for other in passed if one <= other < one + window]) for one in passed)
    assert most <= max(1, int(rate))


def test_several_recipients_at_once_use_up_the_seconds_that_follow() -> None:
    limit = Rate()
    assert limit.take(1.0, 3, NOON)
    assert [limit.take(1.0, 1, NOON + after) for after in (1.0, 2.0, 2.9, 3.0)] == [False, False, False, True]


def test_a_rate_of_nothing_lets_nothing_pass() -> None:
    assert not Rate().take(0, 1, NOON)


def test_the_quota_frees_itself_after_a_day() -> None:
    quota, limits = Quota([]), Faults(max_24h=3)
    quota.add(2, NOON)
    quota.add(1, NOON + 3600)
    assert quota.is_used_up(limits, NOON + 3700)
    assert quota.sent(limits, NOON + 86_400 + 60) == 1
    assert not quota.is_used_up(limits, NOON + 86_400 + 60)


def test_mails_beyond_the_rate_are_refused(ses: Simulator) -> None:
    ses.set(max_send_rate=1)
    assert ses.client.get_account()["SendQuota"]["MaxSendRate"] == 1
    with pytest.raises(ClientError, match="Maximum sending rate exceeded"):
        list(map(ses.send, ["ann@example.com", "ben@example.com"]))
    assert ses.last()["fault"] == "max_send_rate"


def test_mails_beyond_the_daily_quota_are_refused(ses: Simulator) -> None:
    sent = int(ses.client.get_account()["SendQuota"]["SentLast24Hours"])
    ses.set(max_24h=sent + 101, sent_24h=100)
    ses.send()
    with pytest.raises(ClientError, match="Daily message quota exceeded"):
        ses.send()
    assert ses.client.get_account()["SendQuota"] == {
        "Max24HourSend": sent + 101,
        "MaxSendRate": 10_000,
        "SentLast24Hours": sent + 101,
    }


def test_mails_to_the_mailbox_simulator_do_not_count_against_the_daily_quota(ses: Simulator) -> None:
    sent = ses.client.get_account()["SendQuota"]["SentLast24Hours"]
    ses.send("bounce+label@simulator.amazonses.com")
    assert ses.client.get_account()["SendQuota"]["SentLast24Hours"] == sent


def test_an_account_that_is_paused_sends_nothing_and_says_so(ses: Simulator) -> None:
    ses.set(sending_enabled=False)
    with pytest.raises(ClientError, match="SendingPausedException"):
        ses.send()
    assert ses.client.get_account()["SendingEnabled"] is False
