"""Whether SES takes mail at all: what it says of the account, and what its refusals show."""

from datetime import timedelta

import pytest

from crm.core import clock
from crm.deliveries import health, ses
from tests.deliveries.ses_endpoint import Endpoint


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint) -> list[float]:
    """The monotonic clock, for the test to move."""
    now = [1_000.0]
    monkeypatch.setattr(health.time, "monotonic", lambda: now[0])
    return now


def test_rate_is_what_ses_grants(endpoint: Endpoint) -> None:
    endpoint.rate = 14.0

    assert health.max_send_rate() == 14.0


def _away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:9")
    ses.client.cache_clear()


@pytest.mark.usefixtures("endpoint")
def test_rate_is_the_sandboxes_until_ses_has_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    _away(monkeypatch)

    assert health.max_send_rate() == 1.0
    assert health.stop_reason() == ""


def test_rate_that_ses_did_not_say_is_soon_asked_again(
    endpoint: Endpoint, moment: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as meanwhile:
        _away(meanwhile)
        assert health.max_send_rate() == 1.0
    ses.client.cache_clear()
    assert (health.max_send_rate(), endpoint.asked) == (1.0, 0)

    moment[0] += 5

    assert health.max_send_rate() == 60.0


def test_account_is_asked_every_five_minutes(endpoint: Endpoint, moment: list[float]) -> None:
    for wait in (0, 299, 1):
        moment[0] += wait
        health.max_send_rate()

    assert endpoint.asked == 2


def test_quota_that_may_be_used_up_sooner_is_looked_at_sooner(endpoint: Endpoint, moment: list[float]) -> None:
    endpoint.quota = {"SentLast24Hours": 49_400.0}
    assert not health.is_waiting()

    moment[0] += 5
    assert (health.is_waiting(), endpoint.asked) == (False, 2)


@pytest.mark.parametrize(
    ("account", "quota", "why"),
    [
        ({}, {"SentLast24Hours": 50_000.0}, "The daily quota of 50,000 mails is used up"),
        ({"SendingEnabled": False}, {}, ses.PAUSED),
        ({"EnforcementStatus": "SHUTDOWN", "SendingEnabled": False}, {}, ses.SHUT_DOWN),
        ({"EnforcementStatus": "PROBATION", "SendingEnabled": True}, {}, ""),
        ({}, {"Max24HourSend": -1.0, "SentLast24Hours": 90_000.0}, ""),
    ],
)
def test_account_that_may_send_nothing_says_why(
    endpoint: Endpoint, account: dict[str, object], quota: dict[str, float], why: str
) -> None:
    endpoint.account, endpoint.quota = account, quota

    assert health.stop_reason() == why
    assert (health.is_waiting(), health.admits()) == (bool(why), not why)


def test_stopped_account_is_asked_again_every_half_minute(endpoint: Endpoint, moment: list[float]) -> None:
    endpoint.account = {"SendingEnabled": False}
    assert health.is_waiting()
    endpoint.account = {}

    moment[0] += 29
    assert health.is_waiting()
    moment[0] += 1
    assert not health.is_waiting()
    assert health.admits()


@pytest.mark.usefixtures("endpoint")
def test_after_a_refusal_one_mail_is_tried_every_half_minute(moment: list[float]) -> None:
    health.refused(ses.SUSPENDED)

    assert (health.is_waiting(), health.admits(), health.stop_reason()) == (True, False, ses.SUSPENDED)
    moment[0] += 30
    assert not health.is_waiting()
    assert [health.admits() for _ in range(3)] == [True, False, False]
    assert health.is_waiting()
    health.accepted()
    assert (health.is_waiting(), health.admits(), health.stop_reason()) == (False, True, "")


@pytest.mark.usefixtures("endpoint")
def test_what_staff_resumed_is_not_stopped_for_what_they_know() -> None:
    health.refused(ses.SUSPENDED)
    later = clock.now() + timedelta(seconds=1)

    assert health.stop_reason(since=later) == ""
    assert health.stop_reason(since=later - timedelta(minutes=1)) == ses.SUSPENDED


@pytest.mark.parametrize(
    ("bounced", "complained", "sent", "is_too_many"),
    [
        (25, 0, 100, False),
        (26, 0, 100, True),
        (50, 0, 1_000, False),
        (51, 0, 1_000, True),
        (0, 1, 30, False),
        (0, 2, 30, True),
        (0, 20, 20_000, False),
        (0, 21, 20_000, True),
    ],
)
def test_campaign_bounces_or_complains_too_much(bounced: int, complained: int, sent: int, is_too_many: bool) -> None:
    assert bool(health.too_many(bounced=bounced, complained=complained, sent=sent)) == is_too_many
