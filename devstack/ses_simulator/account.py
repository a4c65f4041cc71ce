"""The simulated account: what it lets pass, what goes wrong on request, and what is written down of it."""

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from aiohttp import web

from devstack.ses_simulator import events, outcomes, refusals
from devstack.ses_simulator.event_queue import Event
from devstack.ses_simulator.faults import Faults
from devstack.ses_simulator.ledger import Call, Entry, Ledger
from devstack.ses_simulator.limits import Quota, Rate
from devstack.ses_simulator.mails import Mail
from devstack.ses_simulator.refusals import Refusal

_WINDOW_S = 2.0


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a call. `fault` names what was made to go wrong, `breaks` tells whether the answer is lost."""

    refusal: Refusal | None = None
    is_accepted: bool = True
    fault: str = ""

    @property
    def breaks(self) -> bool:
        """Whether the connection ends without an answer."""
        return self.fault in {"drop_answer", "hang"}


class Account:
    """Its limits, its faults, its ledger. `wake` is set when there are new events to publish."""

    def __init__(self, ledger: Ledger, defaults: Faults, *, is_heard: bool) -> None:
        """`is_heard` tells whether anybody wants to hear of events; otherwise none are made."""
        self.ledger = ledger
        self._is_heard = is_heard
        self.defaults = self.faults = defaults
        self.wake = asyncio.Event()
        self.quota = Quota(ledger.minutes())
        self._rate = Rate()
        self._calls = 0

    def judge(self, mail: Mail, now: float) -> Fate:
        """Decide, in the order in which SES would find out."""
        faults, key = self.faults, self._key(mail)
        if not faults.sending_enabled:
            return _refused("SendingPausedException", fault="sending_enabled")
        if faults.hits("throttle", key):
            return _refused("TooManyRequestsException", refusals.TOO_FAST, fault="throttle")
        if faults.hits("client_error", key):
            return _refused(faults.error_code, fault="client_error")
        if _counted(mail) and self.quota.is_used_up(faults, now):
            return _refused("TooManyRequestsException", refusals.QUOTA_USED_UP, fault="max_24h")
        if not self._rate.take(faults.max_send_rate, len(mail.recipients), now):
            return _refused("TooManyRequestsException", refusals.TOO_FAST, fault="max_send_rate")
        return self._broken(key)

    def _broken(self, key: str) -> Fate:
        faults = self.faults
        if faults.hits("server_error", key):
            # Nobody can tell from the answer; the caller must be ready for both.
            was_accepted = faults.draw("server_error_accepted", key) < 1 / 2
            return Fate(Refusal("InternalFailure", "Something broke."), was_accepted, "server_error")
        return Fate(fault=next((name for name in ("drop_answer", "hang") if faults.hits(name, key)), ""))

    def _key(self, mail: Mail) -> str:
        """Name the call for drawing: by its attempt where its tags tell it, else by its place among all calls."""
        self._calls += 1
        return _name(mail) if "attempt" in mail.tags else f"{_name(mail)}|{self._calls}"

    async def write(self, mail: Mail, fate: Fate, began: float, at: float) -> tuple[str, int]:
        """Write a call and what comes of it to the ledger; return the message id and the call's number."""
        message_id = _message_id(at)
        waiting = list(self._events(mail, message_id, at)) if fate.is_accepted and self._is_heard else []
        counted = _counted(mail) if fate.is_accepted else 0
        call = Call(
            began=began,
            at=at,
            message_id=message_id if fate.is_accepted else None,
            sender=mail.sender,
            recipients=", ".join(mail.recipients),
            subject=mail.subject,
            tags=orjson.dumps(mail.tags).decode(),
            accepted=fate.is_accepted,
            answered=not fate.breaks,
            fault=fate.fault,
            counted=counted,
        )
        number = await self.ledger.write(Entry(call, mail.raw if fate.is_accepted else b"", waiting))
        if counted:
            self.quota.add(counted, at)
        if waiting:
            self.wake.set()
        return message_id, number

    def _events(self, mail: Mail, message_id: str, at: float) -> Iterator[Event]:
        faults = self.faults
        for moment, kind, event in events.of_mail(mail, message_id, at, people=faults.engage):
            if not faults.publishes(kind):
                continue
            if faults.hits("lose_events", f"{kind}|{_name(mail)}"):
                self.ledger.events.count("events_lost", 1)
                continue
            due = (_together(at) if faults.reverse_events else moment) + faults.event_delay_s
            yield Event(str(uuid.uuid4()), events.text(event), due, due)


ACCOUNT = web.AppKey("account", Account)


def _refused(code: str, message: str = "", *, fault: str) -> Fate:
    return Fate(Refusal(code, message), is_accepted=False, fault=fault)


def _counted(mail: Mail) -> int:
    return sum(not outcomes.is_simulator(recipient) for recipient in mail.recipients)


def _together(at: float) -> float:
    """Return a moment that mails of a few seconds share: only events that are due at once can come in reverse."""
    return (at // _WINDOW_S + 1) * _WINDOW_S


def _name(mail: Mail) -> str:
    return f"{mail.recipients[0]}|{sorted(mail.tags.items())}"


def _message_id(at: float) -> str:
    """Make a message id that looks like one of SES: the moment, random digits, an end that is always the same."""
    return f"0100{round(at * 1000):012x}-{uuid.uuid4()}-000000"
