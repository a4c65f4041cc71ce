"""What the outcome of the one call says: accepted, surely not accepted, or nobody knows."""

from collections.abc import Iterator

import pytest
from botocore.config import Config

from crm.deliveries import ses
from tests.deliveries import ses_endpoint
from tests.deliveries.ses_endpoint import Answer, Endpoint

TAGS = {"campaign": "c1", "delivery": "p1-mail", "attempt": "1"}


def _send() -> str:
    return ses.send(b"Subject: Hi\r\n\r\nHi", sender="crm@example.com", to="ada@example.com", tags=TAGS)


def _said(code: str, message: str) -> Answer:
    return Answer(400, code, accepts=False, message=message)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint) -> Iterator[None]:
    """The product's client, but for how long it waits."""
    patience = ses._CONFIG.merge(Config(connect_timeout=0.2, read_timeout=0.2))
    monkeypatch.setattr(ses, "_CONFIG", patience)
    yield
    endpoint.released.set()


def test_accepted_mail_has_the_id_that_ses_gave_it(endpoint: Endpoint) -> None:
    assert _send() == "message-1"
    assert endpoint.addresses == ["ada@example.com"]
    assert endpoint.tags(0) == TAGS


@pytest.mark.parametrize(
    ("answer", "is_final"),
    [
        (ses_endpoint.REJECT, True),
        (Answer(400, "BadRequestException", accepts=False), True),
        (ses_endpoint.THROTTLE, False),
        (Answer(408, "RequestTimeout", accepts=False), False),
    ],
)
def test_refusal_says_surely_not_sent(endpoint: Endpoint, answer: Answer, is_final: bool) -> None:
    endpoint.script.append(answer)

    with pytest.raises(ses.Refused) as refused:
        _send()

    assert (refused.value.is_final, refused.value.stop) == (is_final, "")
    assert answer.code in refused.value.reason
    assert endpoint.calls == 1


UNVERIFIED = "Email address is not verified. The following identities failed the check in region US-EAST-1: "


@pytest.mark.parametrize(
    ("answer", "stop"),
    [
        (ses_endpoint.SUSPENDED, ses.SUSPENDED),
        (ses_endpoint.FORBID, ses.FORBIDDEN),
        (Answer(400, "SendingPausedException", accepts=False), ses.PAUSED),
        (Answer(400, "MailFromDomainNotVerifiedException", accepts=False), ses.MAIL_FROM_UNVERIFIED),
        (_said("MessageRejected", f"{UNVERIFIED}Events <CRM@example.com>"), ses.SENDER_UNVERIFIED),
        (_said("MessageRejected", f"{UNVERIFIED}crm@example.com, ada@example.com"), ses.SENDER_UNVERIFIED),
        (_said("TooManyRequestsException", "Daily message quota exceeded."), ses.SOME_QUOTA_USED),
    ],
)
def test_refusal_because_of_the_account_says_so(endpoint: Endpoint, answer: Answer, stop: str) -> None:
    endpoint.script.append(answer)

    with pytest.raises(ses.Refused) as refused:
        _send()

    assert (refused.value.is_final, refused.value.stop) == (False, stop)


def test_addressee_that_the_sandbox_does_not_know_is_one_mails_failure(endpoint: Endpoint) -> None:
    endpoint.script.append(_said("MessageRejected", f"{UNVERIFIED}Ada@example.com"))

    with pytest.raises(ses.Refused) as refused:
        _send()

    assert (refused.value.is_final, refused.value.stop) == (True, "")


@pytest.mark.parametrize(
    "answer", [ses_endpoint.FAIL, Answer(503, "Unavailable"), ses_endpoint.RESET, ses_endpoint.CLOSE]
)
def test_broken_answer_leaves_a_doubt_and_is_never_repeated(endpoint: Endpoint, answer: Answer) -> None:
    endpoint.script.append(answer)

    with pytest.raises(ses.InDoubt):
        _send()

    assert endpoint.calls == 1


@pytest.mark.usefixtures("impatient")
def test_late_answer_leaves_a_doubt_and_is_never_repeated(endpoint: Endpoint) -> None:
    endpoint.script.append(ses_endpoint.HANG)

    with pytest.raises(ses.InDoubt):
        _send()

    assert endpoint.calls == 1


def test_refused_connection_says_surely_not_sent(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:9")
    ses.client.cache_clear()

    with pytest.raises(ses.Refused) as refused:
        _send()

    assert not refused.value.is_final


def test_client_waits_as_long_as_a_lease_allows() -> None:
    assert (ses._CONFIG.connect_timeout, ses._CONFIG.read_timeout) == (3, 5)
    assert ses._CONFIG.retries == {"total_max_attempts": 1, "mode": "standard"}
