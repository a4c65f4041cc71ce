"""Nobody but SNS, for our topics and now, tells us what became of a mail."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pytest_django.fixtures import Settings

from crm.core import clock
from crm.deliveries.entities import HELD, Delivery
from crm.feedback import certificates
from tests.deliveries import examples
from tests.feedback import ses_events, signing
from tests.feedback.conftest import Post, hold, read
from tests.feedback.signing import ADDRESS, HOST, PATH, Fields, Web, envelope, signed

SIMULATOR = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-simulator.pem"
REFUSED = 403


def _sha1() -> hashes.HashAlgorithm:
    return hashes.SHA1()  # noqa: S303 - what is to be refused


def _event() -> object:
    return ses_events.bounce(examples.mail())


def _plain(**fields: str) -> Fields:
    return envelope(_event(), **fields)


def _at(address: str) -> Fields:
    """A message whose certificate, signed for with its very key, is at another address."""
    return signed(_plain(SigningCertURL=address))


def _without(name: str) -> Fields:
    return {key: value for key, value in signed(_plain()).items() if key != name}


def _altered(**fields: str) -> Fields:
    return {**signed(_plain()), **fields}


def _confirmation(**fields: str) -> Fields:
    more = {"Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": f"https://{HOST}/?Action=Confirm"}
    return _plain(**{**more, **fields})


FORGED: dict[str, Callable[[], object]] = {
    "not JSON": lambda: b"\x00 not JSON",
    "not an envelope": lambda: [signed(_plain())],
    "a bare SES event": _event,
    "nested too deep to read": lambda: "[" * 100_000,
    "of an unknown type": lambda: signed(_plain(Type="Notice")),
    "without a type": lambda: _without("Type"),
    "without a signature": lambda: _without("Signature"),
    "with an empty signature": lambda: _altered(Signature=""),
    "with a signature that is no base64": lambda: _altered(Signature="!!!"),
    "with a signature beyond ASCII": lambda: _altered(Signature="ÄÖÜ="),
    "with a signature that is no text": lambda: {**signed(_plain()), "Signature": [1]},
    "signed by another's key": lambda: signed(_plain(), signing.key("other")),
    "signed with SHA-1 as version 1": lambda: signed(_plain(SignatureVersion="1"), algorithm=_sha1()),
    "signed with SHA-1 as version 2": lambda: signed(_plain(), algorithm=_sha1()),
    "without a version": lambda: _without("SignatureVersion"),
    "its message changed": lambda: _altered(Message=json.dumps(ses_events.complaint(examples.mail()))),
    "its id changed": lambda: _altered(MessageId="another"),
    "its time renewed": lambda: {
        **signed(_plain(Timestamp=signing.timestamp(clock.now() - timedelta(days=1)))),
        "Timestamp": signing.timestamp(),
    },
    "a subject added": lambda: _altered(Subject="Urgent"),
    "turned into a confirmation": lambda: _altered(
        Type="SubscriptionConfirmation", Token="t", SubscribeURL="https://x"
    ),
    "a confirmation with another token": lambda: {**signed(_confirmation()), "Token": "other"},
    "a confirmation of a foreign topic": lambda: signed(_confirmation(TopicArn=signing.TOPIC + "-not-ours")),
    "a foreign topic": lambda: signed(_plain(TopicArn=signing.TOPIC + "-not-ours")),
    "the topic of another account": lambda: signed(_plain(TopicArn=signing.TOPIC.replace("1234", "4321"))),
    "sent over an hour ago": lambda: signed(_plain(Timestamp=signing.timestamp(clock.now() - timedelta(minutes=61)))),
    "sent in the future": lambda: signed(_plain(Timestamp=signing.timestamp(clock.now() + timedelta(minutes=61)))),
    "sent at no time": lambda: signed(_plain(Timestamp="now")),
    "sent at a time without a zone": lambda: signed(_plain(Timestamp=signing.timestamp().removesuffix("Z"))),
    "certificate over http": lambda: _at(f"http://{HOST}{PATH}"),
    "certificate of another region": lambda: _at(f"https://{HOST.replace('us-east-1', 'eu-west-1')}{PATH}"),
    "certificate of another host": lambda: _at(f"https://evil.example{PATH}"),
    "certificate of a host that begins alike": lambda: _at(f"https://{HOST}.evil.example{PATH}"),
    "certificate of a host behind a user name": lambda: _at(f"https://{HOST}@evil.example{PATH}"),
    "certificate in a bucket called sns": lambda: _at(f"https://sns.s3-us-west-2.amazonaws.com{PATH}"),
    "certificate in a bucket called sns, without region": lambda: _at(f"https://sns.s3.amazonaws.com{PATH}"),
    "certificate at another port": lambda: _at(f"https://{HOST}:8443{PATH}"),
    "certificate by a query": lambda: _at(f"https://{HOST}/?Action=x&a=.pem"),
    "certificate not ending in .pem": lambda: _at(f"https://{HOST}/certificate.crt"),
    "certificate with a line break in its address": lambda: _at(f"{ADDRESS}\n"),
    "certificate that is not there": lambda: _at(f"https://{HOST}/gone.pem"),
    "certificate behind a redirect": lambda: _at(f"https://{HOST}/moved.pem"),
    "certificate that is none": lambda: _at(f"https://{HOST}/page.pem"),
    "certificate without end": lambda: _at(f"https://{HOST}/endless.pem"),
    "certificate out of date": lambda: _at(f"https://{HOST}/old.pem"),
    "certificate of a key that is not RSA": lambda: _at(f"https://{HOST}/ec.pem"),
    "the simulator's certificate": lambda: _at(SIMULATOR),
}


@pytest.fixture
def held_mail(web: Web, tables: None) -> Delivery:
    """A mail that a believed event would settle, and everything that forgers may put anywhere."""
    right = signing.certificate(signing.key())
    for host in (
        HOST.replace("us-east-1", "eu-west-1"),
        "evil.example",
        f"{HOST}.evil.example",
        "sns.s3-us-west-2.amazonaws.com",
        "sns.s3.amazonaws.com",
    ):
        web.pages[f"https://{host}{PATH}"] = (200, right)
    at_sns = {
        "/certificate.crt": (200, right),
        "/moved.pem": (302, right),
        "/page.pem": (200, b"<html>"),
        "/endless.pem": (200, right + b"\n" * 100_000),
        "/old.pem": (200, signing.certificate(signing.key(), ended=timedelta(days=1))),
        "/ec.pem": (200, signing.certificate(ec.generate_private_key(ec.SECP256R1()))),
    }
    web.pages |= {f"https://{HOST}{path}": page for path, page in at_sns.items()}
    return hold(examples.mail())


@pytest.mark.parametrize("kind", FORGED)
def test_forged_message_is_refused_and_changes_nothing(kind: str, held_mail: Delivery, web: Web, post: Post) -> None:
    answer = post(FORGED[kind]())

    assert answer.status_code == REFUSED
    assert read(held_mail) == held_mail
    assert {address.split("/")[2] for address in web.asked} <= {HOST}


def test_true_message_is_believed(held_mail: Delivery, post: Post) -> None:
    assert post(signed(_plain())).status_code == 200
    assert read(held_mail).state != HELD


def test_true_message_with_a_subject_is_believed(held_mail: Delivery, post: Post) -> None:
    assert post(signed(_plain(Subject="Amazon SES Email Event Notification"))).status_code == 200


def test_without_topics_nothing_is_believed(held_mail: Delivery, post: Post, settings: Settings) -> None:
    settings.SES_TOPICS = []

    assert post(signed(_plain())).status_code == REFUSED


def test_certificate_is_fetched_once(held_mail: Delivery, web: Web, post: Post) -> None:
    for _ in range(3):
        assert post(signed(_plain())).status_code == 200

    assert web.asked == [ADDRESS]


def test_message_comes_again_while_the_certificate_cannot_be_had(held_mail: Delivery, web: Web, post: Post) -> None:
    web.is_away = True
    assert post(signed(_plain())).status_code == 503
    web.is_away, (_, right) = False, web.pages[ADDRESS]
    web.pages[ADDRESS] = (500, b"")
    assert post(signed(_plain())).status_code == 503
    web.pages[ADDRESS] = (200, right)

    assert post(signed(_plain())).status_code == 200


def test_made_up_certificates_are_not_fetched_for_ever(web: Web, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "_FETCHES", 3)

    answers = [post(_at(f"https://{HOST}/{number}.pem")).status_code for number in range(5)]

    assert answers == [403, 403, 403, 503, 503]
    assert len(web.asked) == 3
    # Nobody else has to wait for that.
    assert post(signed(_plain()), REMOTE_ADDR="192.0.2.7").status_code == 200


@pytest.mark.parametrize(
    ("endpoint", "address_and_status"),
    [
        ("http://127.0.0.1:4579", (SIMULATOR, 200)),
        ("http://127.0.0.1:4579", (f"https://{HOST}/other.pem", 403)),
        ("https://email.us-east-1.amazonaws.com", (SIMULATOR, 403)),
        ("", (SIMULATOR, 403)),
    ],
)
def test_simulators_certificate_counts_for_its_own_address_and_away_from_aws_only(
    endpoint: str, address_and_status: tuple[str, int], tmp_path: Path, post: Post, settings: Settings
) -> None:
    address, status = address_and_status
    file = tmp_path / "certificate.pem"
    file.write_bytes(signing.certificate(signing.key("simulator")))
    settings.SNS_CERTIFICATE_FILE, settings.SES_ENDPOINT = str(file), endpoint

    answer = post(signed(_plain(SigningCertURL=address), signing.key("simulator")))

    assert answer.status_code == status


def test_message_waits_for_the_simulators_certificate(held_mail: Delivery, post: Post, settings: Settings) -> None:
    settings.SNS_CERTIFICATE_FILE, settings.SES_ENDPOINT = "/nowhere/certificate.pem", "http://127.0.0.1:4579"

    assert post(_at(SIMULATOR)).status_code == 503


def test_body_is_bounded(post: Post) -> None:
    assert post("x" * (640 * 1024 + 1)).status_code == 413


def test_only_posting_is_answered(client: object, web: Web) -> None:
    assert client.get("/hooks/ses").status_code == 405  # type: ignore[attr-defined]
