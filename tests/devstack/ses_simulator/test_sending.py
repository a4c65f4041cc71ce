"""Mails are taken as SES v2 takes them, and every call is in the ledger before it is answered."""

import asyncio
import signal
import sqlite3
import urllib.error
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import StreamReader, web
from aiohttp.test_utils import make_mocked_request
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from devstack.ses_simulator import application, control, settings
from devstack.ses_simulator.account import ACCOUNT
from tests.devstack.ses_simulator.simulator import RAW, SENDER, Simulator

TAGS = {"campaign": "c-1", "delivery": "p-1-1", "attempt": "1"}


def _refused(call: Callable[[], object]) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as refusal:
        call()
    error: Any = refusal.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Message"]


def test_an_accepted_mail_is_in_the_ledger_with_its_tags(ses: Simulator) -> None:
    message_id = ses.send("zoe@example.com", tags=TAGS)
    call = ses.last()
    assert {name: call[name] for name in ("message_id", "to", "from", "subject", "tags")} == {
        "message_id": message_id,
        "to": "zoe@example.com",
        "from": SENDER,
        "subject": "Café at noon",
        "tags": TAGS,
    }
    assert (call["accepted"], call["answered"], call["fault"]) == (True, True, "")
    assert 0 <= call["at"] - call["began"] < 5


def test_a_mail_can_be_read_again(ses: Simulator) -> None:
    message_id = ses.send()
    found = ses.ask(f"messages/{message_id}")
    assert (found["id"], found["text"].strip(), found["html"].strip()) == (message_id, "Hi Zoë", "<p>Hi <b>Zoë</b></p>")


def test_mails_are_found_by_address_and_subject_newest_first(ses: Simulator) -> None:
    first, second = ses.send("found-1@example.com"), ses.send("found-2@example.com")
    page = ses.ask("messages?q=FOUND-&limit=1")
    assert ([mail["id"] for mail in page["messages"]], page["total"]) == ([second], 2)
    rest = ses.ask("messages?q=found-&limit=1&offset=1")["messages"]
    assert [mail["id"] for mail in rest] == [first]
    assert ses.ask("messages?q=CAF%C3%89&limit=1")["total"] == ses.ask("messages?limit=1")["everything"]


def test_a_simple_mail_is_put_together(ses: Simulator) -> None:
    body = {"Text": {"Data": "plain"}, "Html": {"Data": "<p>rich</p>"}}
    answer = ses.client.send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": ["Zoe <zoe@example.com>"], "CcAddresses": ["ben@example.com"]},
        Content={"Simple": {"Subject": {"Data": "Hello"}, "Body": body}},
    )
    found = ses.ask(f"messages/{answer['MessageId']}")
    assert (found["to"], found["subject"]) == ("zoe@example.com, ben@example.com", "Hello")
    assert (found["text"].strip(), found["html"].strip()) == ("plain", "<p>rich</p>")


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"Destination": {}}, "BadRequestException", 400),
        ({"Destination": {"ToAddresses": ["nobody"]}}, "BadRequestException", 400),
        ({"Destination": {"ToAddresses": ["zoë@example.com"]}}, "BadRequestException", 400),
        ({"Destination": {"ToAddresses": [f"p{n}@example.com" for n in range(51)]}}, "BadRequestException", 400),
        ({"EmailTags": [{"Name": "a b", "Value": "c"}]}, "BadRequestException", 400),
        ({"EmailTags": [{"Name": "a", "Value": ""}]}, "BadRequestException", 400),
        ({"Content": {"Template": {"TemplateName": "t", "TemplateData": "{}"}}}, "NotFoundException", 404),
        (
            {"Content": {"Raw": {"Data": b"Subject: no sender\r\n\r\n"}}, "FromEmailAddress": ""},
            "BadRequestException",
            400,
        ),
    ],
)
def test_what_ses_would_not_take_is_refused(ses: Simulator, change: dict[str, Any], code: str, status: int) -> None:
    request = {
        "FromEmailAddress": SENDER,
        "Destination": {"ToAddresses": ["zoe@example.com"]},
        "Content": {"Raw": {"Data": RAW}},
    }
    assert _refused(lambda: ses.client.send_email(**{**request, **change}))[:2] == (code, status)
    assert (ses.last()["accepted"], ses.last()["fault"]) == (False, "invalid")


def test_a_killed_simulator_remembers_every_mail_it_answered(tmp_path: Path) -> None:
    with Simulator(tmp_path) as simulator:
        with ThreadPoolExecutor(4) as pool:
            sent = set(pool.map(lambda number: simulator.send(f"p{number}@example.com"), range(60)))
        simulator.end(signal.SIGKILL)
        simulator.start()
        assert {call["message_id"] for call in simulator.calls()} == sent
        assert simulator.client.get_account()["SendQuota"]["SentLast24Hours"] == 60


def test_the_ledger_can_be_neither_changed_nor_shortened(ses: Simulator) -> None:
    ses.send()
    with sqlite3.connect(ses.data / "ledger.sqlite3") as rows:
        for statement in ("DELETE FROM calls", "UPDATE calls SET accepted = 0"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                rows.execute(statement)
    rows.close()


def test_the_ledger_is_read_page_by_page(ses: Simulator) -> None:
    for number in range(3):
        ses.send(f"page-{number}@example.com")
    after = ses.calls()[-4]["n"] if len(ses.calls()) > 3 else 0
    first = ses.ask(f"ledger?after={after}&limit=2")
    second = ses.ask(f"ledger?after={first['next']}&limit=2")
    assert [call["to"] for call in [*first["calls"], *second["calls"]]] == [f"page-{n}@example.com" for n in range(3)]
    assert ses.ask(f"ledger?after={second['next']}") == {"calls": [], "next": second["next"]}


def test_throttled_mails_are_refused_as_ses_refuses_them(ses: Simulator) -> None:
    ses.set(throttle=1)
    assert _refused(ses.send) == ("TooManyRequestsException", 429, "Maximum sending rate exceeded.")
    assert (ses.last()["accepted"], ses.last()["fault"], ses.last()["message_id"]) == (False, "throttle", None)


def test_a_client_error_has_the_code_that_was_asked_for(ses: Simulator) -> None:
    ses.set(client_error=1, error_code="AccountSuspendedException")
    assert _refused(ses.send)[:2] == ("AccountSuspendedException", 400)


def test_after_a_server_error_the_ledger_alone_knows_whether_the_mail_was_accepted(ses: Simulator) -> None:
    ses.set(server_error=1, seed=7)
    before = ses.calls()[-1]["n"] if ses.calls() else 0
    for number in range(12):
        assert _refused(lambda to=f"p{number}@example.com": ses.send(to))[:2] == ("InternalFailure", 500)  # type: ignore[misc]
    assert {call["accepted"] for call in ses.calls(before)} == {True, False}


def test_a_dropped_answer_leaves_an_accepted_mail(ses: Simulator) -> None:
    ses.set(drop_answer=1)
    with pytest.raises(ConnectionClosedError):
        ses.send()
    call = ses.last()
    assert (call["accepted"], call["answered"], call["fault"]) == (True, False, "drop_answer")


def test_a_hanging_answer_leaves_an_accepted_mail(ses: Simulator) -> None:
    ses.set(hang=1, hang_s=5)
    with pytest.raises(ReadTimeoutError):
        ses.send()
    call = ses.last()
    assert (call["accepted"], call["answered"], call["fault"]) == (True, False, "hang")


def test_the_same_seed_draws_the_same_faults_for_the_same_mails(ses: Simulator) -> None:
    def throttled(seed: int) -> list[int]:
        ses.set(throttle=0.5, seed=seed)
        return [number for number in range(20) if _is_throttled(ses, number)]

    first = throttled(1)
    assert 0 < len(first) < 20
    assert throttled(1) == first
    assert throttled(2) != first


def _is_throttled(ses: Simulator, number: int) -> bool:
    try:
        ses.send(f"p{number}@example.com", tags=TAGS)
    except ClientError:
        return True
    return False


def test_settings_that_are_left_out_go_back_to_what_they_were(ses: Simulator) -> None:
    ses.set(throttle=1, max_send_rate=5)
    ses.set(hang_s=3)
    shown = ses.ask("faults")
    assert (shown["throttle"], shown["max_send_rate"], shown["hang_s"]) == (0, 10_000, 3)


@pytest.mark.parametrize(
    ("wanted", "named"), [({"throtle": 1}, "throtle"), ({"throttle": 2}, "throttle"), ({"seed": "x"}, "seed"), ([], "")]
)
def test_a_setting_that_is_none_is_refused_by_name(ses: Simulator, wanted: object, named: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        ses.ask("faults", "PUT", wanted)
    assert refusal.value.code == 400
    assert named in refusal.value.read().decode()


@pytest.mark.parametrize(("caller", "status"), [("10.0.0.5", 403), ("::ffff:10.0.0.5", 403), ("127.0.0.1", 200)])
def test_faults_are_set_from_the_simulators_own_machine_only(tmp_path: Path, caller: str, status: int) -> None:
    assert asyncio.run(_set_faults(tmp_path, caller)) == status


async def _set_faults(folder: Path, caller: str) -> int:
    transport = Mock()
    transport.get_extra_info.side_effect = {"peername": (caller, 4242)}.get
    body = StreamReader(Mock(), 2**16)
    body.feed_data(b"{}")
    body.feed_eof()
    served = application.of(settings.read(["--port", "1", "--data", str(folder)], {}))
    asked = make_mocked_request("PUT", "/_simulator/faults", transport=transport, app=served, payload=body)
    try:
        return (await control.set_faults(asked)).status
    except web.HTTPForbidden as refusal:
        return refusal.status
    finally:
        served[ACCOUNT].ledger.close()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 403),
        ("evil.example:4579", 403),
        ("ses.evil.example", 403),
        ("192.0.2.1:4579", 403),
        ("[::1]:4579", 200),
        ("localhost:4579", 200),
        ("ses:4579", 200),
    ],
)
def test_only_the_stacks_own_names_are_answered(ses: Simulator, host: str, status: int) -> None:
    if status == 200:
        ses.ask("summary", Host=host)
        return
    with pytest.raises(urllib.error.HTTPError) as refusal:
        ses.ask("summary", Host=host)
    assert refusal.value.code == status


def test_pages_of_other_sites_are_not_answered(ses: Simulator) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        ses.ask("ledger", **{"Sec-Fetch-Site": "cross-site"})
    assert refusal.value.code == 403


def test_what_ses_has_and_the_simulator_has_not_is_said(ses: Simulator) -> None:
    assert _refused(ses.client.list_email_templates)[:2] == ("NotFoundException", 404)


def test_every_identity_counts_as_verified(ses: Simulator) -> None:
    assert ses.client.create_email_identity(EmailIdentity="crm.example")["VerifiedForSendingStatus"]
    assert ses.client.get_email_identity(EmailIdentity="ann@crm.example")["IdentityType"] == "EMAIL_ADDRESS"
