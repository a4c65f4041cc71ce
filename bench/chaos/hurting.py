"""What is done to a stack while it sends: parts killed or told to stop, Redis emptied or taken away."""

import configparser
import random
import signal
import time
import xmlrpc.client
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import redis
from supervisor.xmlrpc import SupervisorTransport

from bench.chaos.rig import Rig, signal_to
from tests.integration.processes import Process
from tests.integration.stack import BEAT, PROJECTOR, WEB, WORKER, eventually

BROKER = "valkey-server"
Progress = Callable[[], float]
# Whom a kill meets, and how often. What sends mail is met most.
ROLES = {"worker child": 40, "worker": 20, "web": 12, "projector": 12, "beat": 6, "broker": 10}
_PARTS = {"worker": WORKER, "worker child": WORKER, "web": WEB, "projector": PROJECTOR, "beat": BEAT, "broker": BROKER}
# A campaign that makes no progress is one that recovers: it may be hit again then, too.
_IMPATIENT_S = 8.0
_LOOK_EVERY_S = 0.1
_STARTED_WITHIN_S = 10.0
# The share of kills that meet the campaign while it is frozen and expanded, in its first seconds.
_EARLY, _EARLY_S = 0.1, 6.0


@dataclass(frozen=True, slots=True)
class Hit:
    """One planned kill: whom, when (as a share of the mails sent, or in seconds after the start), how hesitantly."""

    role: str
    share: float
    early_s: float | None
    delay_s: float
    pick: float


@dataclass(slots=True)
class Hurt:
    """What was done: kills by role, and when the last one fell (time.monotonic)."""

    counts: Counter[str] = field(default_factory=Counter)
    last: float = 0.0


def plan(number: int, seed: int, roles_of: Mapping[str, int] = ROLES, until: float = 1.0) -> Sequence[Hit]:
    """Draw the kills: the same for the same seed. They meet the same shares of the campaign, if not the same lines."""
    dice = random.Random(seed)
    roles = dice.choices(list(roles_of), list(roles_of.values()), k=number)
    shares = sorted(dice.uniform(0, until) for _ in range(number))
    early = max(1, round(number * _EARLY)) if number else 0
    return [
        Hit(role, share, dice.uniform(0, _EARLY_S) if index < early else None, dice.uniform(0, 0.3), dice.random())
        for index, (role, share) in enumerate(zip(roles, shares, strict=True))
    ]


def inflict(rig: Rig, hits: Sequence[Hit], progress: Progress, number: signal.Signals) -> Hurt:
    """Carry out the plan beside a campaign that has just been started; return when all is done."""
    hurt, began = Hurt(), time.monotonic()
    early = sorted((hit for hit in hits if hit.early_s is not None), key=lambda hit: hit.early_s or 0)
    for hit in early:
        time.sleep(max(0.0, began + (hit.early_s or 0) - time.monotonic()))
        _strike(rig, hit, number, hurt)
    for hit in (hit for hit in hits if hit.early_s is None):
        wait_for_share(progress, hit.share)
        time.sleep(hit.delay_s)
        _strike(rig, hit, number, hurt)
    return hurt


def called(rig: Rig, mails: int) -> Progress:
    """Measure progress by SES's ledger: the share of so many mails that it was called for."""
    return lambda: rig.simulator.summary()["calls"] / mails


def wait_for_share(progress: Progress, share: float, impatient_s: float = _IMPATIENT_S) -> None:
    """Wait until that share is reached, or until nothing moved for a while."""
    before, moved = -1.0, time.monotonic()
    while (now := progress()) < share:
        if now != before:
            before, moved = now, time.monotonic()
        elif time.monotonic() - moved > impatient_s:
            return
        time.sleep(_LOOK_EVERY_S)


def victims(rig: Rig, role: str) -> Sequence[Process]:
    """List the processes of a role: all of a part, but of the worker either its children or what started them."""
    found = rig.stack.processes(_PARTS[role])
    pids = {process.pid for process in found}
    if role == "worker child":
        return [process for process in found if process.parent in pids]
    if role == "worker":
        return [process for process in found if process.parent not in pids]
    return found


def _strike(rig: Rig, hit: Hit, number: signal.Signals, hurt: Hurt) -> None:
    def is_struck() -> bool:
        found = victims(rig, hit.role)
        return bool(found) and signal_to(found[int(hit.pick * len(found))], number)

    # A part that is just being started has nobody to hit yet.
    if eventually(is_struck, _STARTED_WITHIN_S):
        hurt.counts[hit.role] += 1
    hurt.last = time.monotonic()


def flush(rig: Rig) -> None:
    """Empty Redis: every message, and whose turn it is to send, is gone."""
    client = redis.Redis.from_url(rig.environment()["REDIS_URL"])
    try:
        client.flushall()
    finally:
        client.close()


def supervised(rig: Rig, order: Callable[[Any], object]) -> None:
    """Give the stack's supervisor an order, as an operator would."""
    written = configparser.RawConfigParser()
    written.read(rig.stack.data_dir / "run" / "supervisord.conf")
    transport = SupervisorTransport(None, None, f"unix://{written['unix_http_server']['file']}")
    with xmlrpc.client.ServerProxy("http://localhost", transport=transport) as server:
        order(server.supervisor)


def without_redis(rig: Rig, seconds: float) -> float:
    """Take Redis away for a while; return when it was back, in epoch seconds."""
    supervised(rig, lambda supervisor: supervisor.stopProcess("valkey"))
    time.sleep(seconds)
    supervised(rig, lambda supervisor: supervisor.startProcess("valkey"))
    return time.time()
