"""Subscribing to a topic is confirmed by asking SNS; nothing that came with a message is ever fetched."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from crm.feedback import intake
from tests.feedback import signing
from tests.feedback.conftest import Post
from tests.feedback.signing import ADDRESS, TOPIC, Web, envelope, signed


class _Topics:
    def __init__(self) -> None:
        self.confirmed: list[dict[str, str]] = []
        self.regions: list[str] = []
        self.is_away = False

    def __call__(self, region: str) -> "_Topics":
        self.regions.append(region)
        return self

    def confirm_subscription(self, **request: str) -> object:
        if self.is_away:
            raise ClientError({"Error": {"Code": "InternalError", "Message": "away"}}, "ConfirmSubscription")
        self.confirmed.append(request)
        return {}


@pytest.fixture
def topics(monkeypatch: pytest.MonkeyPatch) -> _Topics:
    """SNS's API."""
    made = _Topics()
    monkeypatch.setattr(intake, "_topics", made)
    return made


def _asked(kind: str) -> Any:
    url = f"https://{signing.HOST}/?Action=ConfirmSubscription&Token=t1"
    return signed(envelope("You have chosen to subscribe", Type=kind, Token="t1", SubscribeURL=url))


def test_subscription_is_confirmed_by_the_api_in_the_topics_region(post: Post, topics: _Topics, web: Web) -> None:
    assert post(_asked("SubscriptionConfirmation")).status_code == 200

    assert topics.confirmed == [{"TopicArn": TOPIC, "Token": "t1"}]
    assert topics.regions == ["us-east-1"]
    assert web.asked == [ADDRESS]


def test_subscription_that_sns_does_not_confirm_comes_again(post: Post, topics: _Topics) -> None:
    topics.is_away = True

    assert post(_asked("SubscriptionConfirmation")).status_code == 503


def test_unsubscribing_is_logged_and_no_more(post: Post, topics: _Topics, web: Web, caplog: Any) -> None:
    assert post(_asked("UnsubscribeConfirmation")).status_code == 200

    assert TOPIC in caplog.text
    assert topics.confirmed == []
    assert web.asked == [ADDRESS]
