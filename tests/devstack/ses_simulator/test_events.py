"""What becomes of a mail is posted as SES posts it through SNS, until it is taken."""

import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.ses_simulator.event_queue import Event, EventQueue
from devstack.ses_simulator.publisher import GIVEN_UP_AFTER_S, _wait_s
from tests.devstack.ses_simulator.listener import Listener, check_signature, listening
from tests.devstack.ses_simulator.simulator import SENDER, Simulator
from tests.integration.stack import eventually

NOON = 1_800_000_000.0
TOPIC = "arn:aws:sns:us-east-1:000000000000:ses-events"
SITE = {"PUBLIC_URL": "http://crm.example:8000"}
TAGS = {"campaign": "c-1", "delivery": "p-1-1", "attempt": "1"}


@pytest.fixture(scope="module")
def heard() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, heard: Listener) -> Iterator[Simulator]:
    """A simulator whose events go to the listener."""
    with Simulator(tmp_path_factory.mktemp("ses"), SES_EVENTS_URL=f"{heard.url}/hooks/ses", **SITE) as simulator:
        yield simulator


def _posted(heard: Listener, message_id: str, number: int) -> list[str]:
    assert eventually(lambda: len(heard.about(message_id)) >= number)
    return heard.kinds(message_id)


@pytest.mark.parametrize(
    ("address", "kinds"),
    [
        ("ann@example.com", ["Delivery"]),
        ("success@simulator.amazonses.com", ["Delivery"]),
        ("ooto@simulator.amazonses.com", ["Delivery"]),
        ("bounce@simulator.amazonses.com", ["Bounce"]),
        ("bounce+label@simulator.amazonses.com", ["Bounce"]),
        ("suppressionlist@simulator.amazonses.com", ["Bounce"]),
        ("bounce+1@example.com", ["Bounce"]),
        ("softbounce+1@example.com", ["Bounce"]),
        ("reject+1@example.com", ["Reject"]),
        ("delay+1@example.com", ["DeliveryDelay", "Delivery"]),
    ],
)
def test_addresses_ask_for_what_becomes_of_their_mail(
    ses: Simulator, heard: Listener, address: str, kinds: list[str]
) -> None:
    assert _posted(heard, ses.send(address), len(kinds)) == kinds


@pytest.mark.parametrize("address", ["complaint@simulator.amazonses.com", "complaint+x@example.com"])
def test_who_complains_got_the_mail_before(ses: Simulator, heard: Listener, address: str) -> None:
    # In reverse they are due at once, the complaint first.
    ses.set(reverse_events=True)
    assert sorted(_posted(heard, ses.send(address), 2)) == ["Complaint", "Delivery"]


def test_an_event_carries_the_mails_tags_and_head(ses: Simulator, heard: Listener) -> None:
    message_id = ses.send("ann@example.com", tags=TAGS)
    _posted(heard, message_id, 1)
    (post,) = heard.about(message_id)
    mail = post.event["mail"]
    assert {name: mail["tags"][name] for name in TAGS} == {name: [value] for name, value in TAGS.items()}
    assert (mail["source"], mail["destination"]) == (SENDER, ["ann@example.com"])
    assert mail["commonHeaders"]["subject"] == "Café at noon"
    assert {"name": "MIME-Version", "value": "1.0"} in mail["headers"]
    assert post.event["delivery"]["recipients"] == ["ann@example.com"]


@pytest.mark.parametrize(
    ("address", "kind", "subtype"),
    [
        ("bounce@simulator.amazonses.com", "Permanent", "General"),
        ("suppressionlist@simulator.amazonses.com", "Permanent", "Suppressed"),
        ("softbounce+full@example.com", "Transient", "MailboxFull"),
    ],
)
def test_bounces_say_of_which_kind_they_are(
    ses: Simulator, heard: Listener, address: str, kind: str, subtype: str
) -> None:
    message_id = ses.send(address)
    _posted(heard, message_id, 1)
    bounce = heard.about(message_id)[0].event["bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == (kind, subtype)
    assert bounce["bouncedRecipients"][0]["emailAddress"] == address


def test_notifications_are_signed_as_sns_signs_them(ses: Simulator, heard: Listener) -> None:
    message_id = ses.send()
    _posted(heard, message_id, 1)
    (post,) = heard.about(message_id)
    check_signature(post.envelope, ses.data / "certificate.pem")
    assert (post.envelope["Type"], post.envelope["TopicArn"]) == ("Notification", TOPIC)
    assert post.envelope["SignatureVersion"] == "2"
    assert post.envelope["SigningCertURL"].startswith("https://sns.us-east-1.amazonaws.com/")
    assert post.headers["content-type"] == "text/plain; charset=UTF-8"
    assert post.headers["x-amz-sns-message-id"] == post.envelope["MessageId"]
    # As through its public address: in a network of containers the product answers to no other name.
    assert post.headers["host"] == "crm.example:8000"


def test_the_key_is_nobody_elses_to_read(ses: Simulator) -> None:
    assert (ses.data / "key.pem").stat().st_mode & 0o077 == 0


def test_events_are_repeated_on_request_word_for_word(ses: Simulator, heard: Listener) -> None:
    ses.set(repeat_events=3)
    message_id = ses.send()
    assert _posted(heard, message_id, 4) == ["Delivery"] * 4
    assert len({str(post.envelope) for post in heard.about(message_id)}) == 1


def test_events_come_late_on_request(ses: Simulator, heard: Listener) -> None:
    began = time.time()
    # Later than the two seconds for which mails wait for each other where events come in reverse.
    ses.set(reverse_events=True, event_delay_s=2.5)
    sent = [ses.send(f"delay+{number}@example.com") for number in range(4)]
    assert eventually(lambda: len([post for one in sent for post in heard.about(one)]) == 8)
    assert time.time() - began >= 2.5


def test_events_of_one_moment_are_posted_newest_first_on_request() -> None:
    """Asked of the queue: several are posted side by side, any of which a busy machine lets wait."""
    rows = sqlite3.connect(":memory:", isolation_level=None)
    rows.row_factory = sqlite3.Row
    queue = EventQueue(rows)
    queue.add([Event(name, "{}", 2.0, next_at) for name, next_at in (("a", 2.0), ("b", 2.0), ("c", 4.0), ("d", 9.0))])
    assert [row["message_id"] for row in queue.due(5.0, 10, is_reversed=True)] == ["c", "b", "a"]
    assert [row["message_id"] for row in queue.due(5.0, 10, is_reversed=False)] == ["a", "b", "c"]


def test_lost_events_are_never_posted_and_counted(ses: Simulator, heard: Listener) -> None:
    lost = ses.ask("summary")["events_lost"]
    ses.set(lose_events=1)
    message_id = ses.send()
    ses.set()
    _posted(heard, ses.send(), 1)
    assert heard.about(message_id) == []
    assert ses.ask("summary")["events_lost"] == lost + 1


def test_an_accepted_mail_whose_answer_is_dropped_is_reported_all_the_same(ses: Simulator, heard: Listener) -> None:
    ses.set(drop_answer=1)
    with pytest.raises(Exception, match="Connection was closed"):
        ses.send(tags=TAGS)
    assert _posted(heard, ses.last()["message_id"], 1) == ["Delivery"]


def test_a_refused_mail_has_no_events(ses: Simulator, heard: Listener) -> None:
    assert eventually(lambda: ses.ask("summary")["events_waiting"] == 0)
    ses.set(throttle=1)
    with pytest.raises(Exception, match="TooManyRequestsException"):
        ses.send()
    assert ses.ask("summary")["events_waiting"] == 0


def test_only_wanted_types_are_published(ses: Simulator, heard: Listener) -> None:
    ses.set(event_types="Send,Bounce")
    assert _posted(heard, ses.send("bounce+2@example.com"), 2) == ["Send", "Bounce"]


def test_events_wait_for_a_listener_over_a_restart(tmp_path: Path) -> None:
    with listening() as listener, Simulator(tmp_path, SES_EVENTS_URL=listener.url) as simulator:
        listener.status = 503
        message_id = simulator.send()
        assert eventually(lambda: listener.about(message_id))
        simulator.end(signal.SIGKILL)
        listener.status = 200
        listener.posts.clear()
        certificate = (tmp_path / "certificate.pem").read_bytes()
        simulator.start()
        assert eventually(lambda: listener.kinds(message_id) == ["Delivery"])
        assert eventually(lambda: simulator.ask("summary")["events_sent"] == 1)
        assert simulator.ask("summary")["events_waiting"] == 0
        assert (tmp_path / "certificate.pem").read_bytes() == certificate


def test_events_are_given_up_after_an_hour_and_counted() -> None:
    rows = sqlite3.connect(":memory:", isolation_level=None)
    rows.row_factory = sqlite3.Row
    queue = EventQueue(rows)
    queue.add([Event("old", "{}", NOON - 3601, NOON + 5), Event("new", "{}", NOON - 3599, NOON + 5)])
    queue.give_up(NOON - GIVEN_UP_AFTER_S)
    assert [row["message_id"] for row in queue.due(NOON + 9, 9, is_reversed=False)] == ["new"]
    assert (queue.summary()["events_given_up"], queue.next_due()) == (1, NOON + 5)
    rows.close()


def test_waits_between_attempts_grow_and_are_bounded() -> None:
    waits = [_wait_s(failures) for failures in range(500)]
    assert 0.25 <= waits[0] <= 0.5
    assert 4 <= waits[4] <= 8
    assert min(waits[6:]) >= 10
    assert max(waits) <= 20


def test_events_nobody_wants_are_not_kept(tmp_path: Path) -> None:
    with Simulator(tmp_path, SES_EVENTS_URL="") as simulator:
        simulator.send()
        assert simulator.ask("summary")["events_waiting"] == 0
