"""The script's place on a running stack, with the simulator of SES: all of it over HTTP."""

import itertools
import json
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.chaos import rig as rigs
from bench.chaos.rig import Rig, Sending
from bench.chaos.simulator import Call
from bench.week import letters, markup, rows
from bench.week.browser import Answer, Browser, HttpWire
from bench.week.letters import Letter
from bench.week.rows import Rows
from bench.week.script import HUMANS, Mailing
from tests.integration import faulty
from tests.integration.stack import ROOT, ask, eventually

_RATE = 200.0
_SIDE_BY_SIDE = 6
_LOOK_EVERY_S, _OVER_EVERY_S = 0.2, 2.0
_OVER_WITHIN_S, _SETTLED_WITHIN_S = 3_600.0, 900.0
# Mails a second of a campaign that is stopped half way, as a share of them: so slow that there is something to stop.
_SLOW, _SLOWEST = 0.05, 10.0

Job = Callable[[], object]


@dataclass(slots=True)
class Stage:
    """What the script needs of a running stack of its own, empty at the start.

    `site` is what addresses in mails begin with; `staff` a browser in which somebody is signed in.
    """

    rig: Rig
    site: str
    seed: int
    staff: Browser
    wire: HttpWire
    pool: ThreadPoolExecutor
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _letters: dict[str, dict[str, Letter]] = field(default_factory=dict)
    _seen: int = 0

    def browser(self, agent: str) -> Browser:
        """Return a browser that was nowhere yet."""
        number = next(self._numbers)
        return Browser(self.wire, self.site, agent, f"10.{number // 62_500}.{number // 250 % 250}.{number % 250 + 1}")

    def api(self, method: str, path: str, body: object = None) -> Answer:
        """Ask the API; what cannot be done just now is tried again."""
        answer = self.rig.ask(method, path, body)
        return Answer(answer.status, answer.headers, [], answer.body)

    def crowd(self, company: str, addresses: Sequence[str]) -> None:
        """Make people as the product stores them, many at once."""
        command = [sys.executable, "-m", "bench.chaos.crowd", company, "-"]
        given = "\n".join(addresses).encode()
        subprocess.run(command, cwd=ROOT, env=dict(self.rig.environment()), check=True, input=given)
        query = f"/users/filter?company={company}&limit=1"
        known = eventually(lambda: self.rig.ask("GET", query).json["total"] == len(addresses), _SETTLED_WITHIN_S)
        assert known, self.rig.ask("GET", query).json["total"]

    def mail(self, mailing: Mailing, body: str, at_delivery: Callable[[Letter], object]) -> str:
        """Send, meet each mail as SES accepts it, and wait for the end, or for staff to stop it half way."""
        matching = self.rig.ask("GET", f"/users/filter?company={mailing.company}&limit=1").json["total"]
        slow = {"max_send_rate": max(_SLOWEST, matching * _SLOW)} if mailing.stopped else {}
        self.rig.simulator.faults(seed=self.seed, **mailing.faults, **slow)
        given = {"filter": {"company": mailing.company}, "subject": mailing.name, "body": body, **mailing.utm}
        answer = self.rig.ask("POST", "/emails/send", given)
        assert answer.status == 202, (answer.status, answer.body)
        sending = Sending(self.rig, answer.json["campaignId"])
        half = answer.json["matched"] // 2 if mailing.stopped else None
        self._met(sending, at_delivery, half, mailing.stopped)
        self._told()
        self.rig.simulator.faults()
        return sending.id

    def _met(self, sending: Sending, at_delivery: Callable[[Letter], object], half: int | None, stopped: str) -> None:
        deadline = time.monotonic() + _OVER_WITHIN_S
        meeting: list[Future[object]] = []
        accepted, is_over, look_at = 0, False, 0.0
        while not is_over:
            assert time.monotonic() < deadline, sending.report()
            if half is None and time.monotonic() >= look_at:
                is_over = self._is_over(sending, stopped)
                look_at = time.monotonic() + _OVER_EVERY_S
            for letter in self._new(sending.id):
                meeting.append(self.pool.submit(at_delivery, letter))
                accepted += 1
            if half is not None and accepted >= half:
                sending.order(stopped)
                half = None
            time.sleep(_LOOK_EVERY_S)
        for one in meeting:
            one.result()

    def _is_over(self, sending: Sending, stopped: str) -> bool:
        if stopped != "pause":
            return not sending.is_open()
        return not any(row["state"] == "sending" for row in sending.rows())

    def _new(self, campaign_id: str) -> list[Letter]:
        """Read the ledger on; return the campaign's mails that are new in it."""
        found = []
        for call in self.rig.simulator.calls(self._seen):
            self._seen = call.number
            if call.accepted:
                letter = self._read(call)
                source = letter.mail.partition("/")[0]
                self._letters.setdefault(source, {})[letter.mail] = letter
                found += [letter] if source == campaign_id else []
        return found

    def _read(self, call: Call) -> Letter:
        answer = ask(self.rig.stack.ses_port(), "GET", f"/_simulator/messages/{call.message_id}")
        assert answer.status == 200, (call, answer.status)
        return letters.read(answer.json["html"], call.to, call.tags)

    def letters(self, source: str) -> Sequence[Letter]:
        """Return the accepted mails of a campaign or an event."""
        self._new(source)
        return list(self._letters.get(source, {}).values())

    def at_once(self, jobs: Sequence[Job]) -> None:
        """Do all, some side by side."""
        shuffled = random.Random(self.seed).sample(jobs, len(jobs))
        for done in [self.pool.submit(job) for job in shuffled]:
            done.result()

    def settle(self) -> None:
        """Wait for work that goes on by itself, for confirmations, SES's last event, and the projector."""
        walked = eventually(lambda: not self.rig.items("crm", "WALK"), _SETTLED_WITHIN_S)
        assert walked, "what follows from an event that was called off is not done"
        sent = eventually(lambda: not self._waiting(), _SETTLED_WITHIN_S)
        assert sent, "confirmations still wait"
        self._told()
        moment = datetime.now(UTC)
        fresh = eventually(lambda: self._as_of() > moment, _SETTLED_WITHIN_S)
        assert fresh, f"the read model is as of {self._as_of()}, not {moment}"

    def _waiting(self) -> bool:
        """Tell whether a confirmation is still to be sent."""
        pages = (
            self._dynamodb()
            .get_paginator("scan")
            .paginate(
                TableName="crm_outbox",
                ConsistentRead=True,
                FilterExpression="kind = :kind AND #state IN (:a, :b, :c)",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":kind": {"S": "confirmation"},
                    **{name: {"S": value} for name, value in ((":a", "pending"), (":b", "sending"), (":c", "unknown"))},
                },
            )
        )
        return any(page["Items"] for page in pages)

    def _told(self) -> None:
        """Wait until every event that is due was posted; complaints come a quarter of a minute late."""
        told = eventually(lambda: self.rig.simulator.summary()["events_waiting"] == 0, _SETTLED_WITHIN_S)
        assert told, self.rig.simulator.summary()

    def _as_of(self) -> datetime:
        text = self.rig.ask("GET", "/analytics").json["asOf"]
        return datetime.fromisoformat(text) if text else datetime.min.replace(tzinfo=UTC)

    def rows(self) -> Rows:
        """Read both tables past the product."""
        return rows.read(self._dynamodb())

    def _dynamodb(self) -> Any:  # noqa: ANN401 - boto3's client
        return faulty.client(self.rig.environment()["AWS_ENDPOINT_URL_DYNAMODB"])

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)

    def facts(self) -> Mapping[str, Any]:
        """Return what SES saw."""
        return self.rig.simulator.summary()


@contextmanager
def start(folder: Path, seed: int) -> Iterator[Stage]:
    """Run an empty stack that trusts one proxy, so that every visitor has an address of their own."""
    with (
        rigs.start(folder, _RATE, seed, own_emulator=True, TRUSTED_PROXIES="1") as rig,
        ThreadPoolExecutor(_SIDE_BY_SIDE) as pool,
    ):
        environment = rig.environment()
        site = environment.get("PUBLIC_URL") or f"http://localhost:{rig.stack.port}"
        wire = HttpWire(rig.stack.port)
        staff = Browser(wire, site, HUMANS[0], "10.255.255.1")
        _sign_in(staff, environment)
        yield Stage(rig, site, seed, staff, wire, pool)


def _sign_in(staff: Browser, environment: Mapping[str, str]) -> None:
    email, password = "week@crm.example", secrets.token_hex(12)
    command = [sys.executable, "manage.py", "create_staff", "--email", email, "--role", "owner", "--password-stdin"]
    subprocess.run(command, cwd=ROOT, env=dict(environment), check=True, input=f"{password}\n".encode())
    page = markup.read(staff.get("/accounts/sign-in/").text)
    field_ = page.first("input", lambda one: one.attrs.get("name") == "csrfmiddlewaretoken")
    assert field_ is not None
    form = {"csrfmiddlewaretoken": field_.attrs["value"], "username": email, "password": password}
    answer = staff.post("/accounts/sign-in/", form)
    assert answer.status == 302, (answer.status, json.dumps(answer.text[:500]))
