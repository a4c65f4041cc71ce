"""Is this process alive, can it serve, is every part of the stack well. No sign-in: probes have none."""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Protocol, cast

from botocore.config import Config
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from crm.core import aws, brief_redis, dead_letters, dynamo, heartbeats
from crm.search import engine
from crm.staff.permissions import public

log = logging.getLogger(__name__)

# SES allows one GetAccount a second over all callers, and probes come from several places.
_MAIL_ASKED_EVERY_S = 5.0
_CLIENT = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})


Details = Mapping[str, float]


class Unwell(Exception):
    """A part answered, but not as one that works. The message and the figures are shown to whoever asks."""

    def __init__(self, why: str, figures: Details | None = None) -> None:
        super().__init__(why)
        self.figures = figures or {}


Check = Callable[[], Details]


class _Client(Protocol):
    """What is asked of AWS here, and nothing else of it."""

    def get_item(self, **request: object) -> object: ...
    def get_account(self) -> Mapping[str, object]: ...


@cache
def _client(service: str) -> _Client:
    return cast("_Client", aws.session().create_client(service, config=_CLIENT))


def warm_up() -> None:
    """Build the clients once, before threads do it side by side. Opens no connection, so forks may share them."""
    _client("dynamodb")
    _client("sesv2")


def _dynamodb() -> Details:
    for table in dynamo.TABLES:
        key = {"pk": {"S": "HEALTH"}, "sk": {"S": "HEALTH"}}
        _client("dynamodb").get_item(TableName=table.Meta.table_name, Key=key)
    return {}


def _read_model() -> Details:
    engine.store().freshness()
    return {}


def _projector() -> Details:
    told = engine.store().freshness()
    if not told.is_behind and told.lag_s is not None:
        return {"lagS": round(told.lag_s, 1), "deadLetters": dead_letters.count()}
    if (rows := _rebuilt_rows()) is not None:
        raise Unwell(f"is rebuilding the read model: {rows} rows read", {"rebuiltRows": rows})
    raise Unwell("has not caught up yet" if told.lag_s is None else f"{told.lag_s:.0f} s behind")


def _rebuilt_rows() -> int | None:
    try:
        return heartbeats.rebuilt_rows()
    except brief_redis.AWAY:
        # That is the broker's finding, not the projector's.
        return None


def _broker() -> Details:
    heartbeats.ping()
    return {}


def _heartbeat(part: str) -> Details:
    age = heartbeats.last_beat(part)
    if age is None or age > heartbeats.STALE_AFTER_S:
        raise Unwell("no heartbeat" if age is None else f"no heartbeat for {age:.0f} s")
    return {"lastBeatS": round(age, 1)}


class Mail:
    """Whether SES lets this account send. A good answer is remembered for a few seconds."""

    def __init__(self) -> None:
        self._well_until = 0.0

    def __call__(self) -> Details:
        now = time.monotonic()
        if now >= self._well_until:
            if not _client("sesv2").get_account().get("SendingEnabled", True):
                raise Unwell("sending is switched off for the account")
            self._well_until = now + _MAIL_ASKED_EVERY_S
        return {}


READY: Mapping[str, Check] = {"dynamodb": _dynamodb, "readModel": _read_model}
STACK: Mapping[str, Check] = {
    "dynamodb": _dynamodb,
    "broker": _broker,
    "worker": lambda: _heartbeat(heartbeats.WORKER),
    "beat": lambda: _heartbeat(heartbeats.BEAT),
    "projector": _projector,
    "mail": Mail(),
}


def examined(part: str, check: Check) -> dict[str, object]:
    """Run one check: `well`, with either `why` not or the check's own figures."""
    try:
        return {"well": True, **check()}
    except Unwell as problem:
        return {"well": False, "why": str(problem), **problem.figures}
    except Exception as error:  # whatever a broken part raises is the finding
        log.warning("%s does not answer: %s", part, error)
        # The message may name hosts and tables; whoever asks has not signed in.
        return {"well": False, "why": f"does not answer ({type(error).__name__})"}


def _report(checks: Mapping[str, Check]) -> JsonResponse:
    # Side by side, so that several dead parts cost the time-out of one.
    with ThreadPoolExecutor(len(checks)) as pool:
        parts = dict(zip(checks, pool.map(examined, checks, checks.values()), strict=True))
    unwell = [name for name, part in parts.items() if not part["well"]]
    body = {"status": "unwell" if unwell else "ok", "unwell": unwell, "parts": parts}
    return JsonResponse(body, status=503 if unwell else 200)


@public
@never_cache
@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers at all."""
    return JsonResponse({"status": "ok"})


@public
@never_cache
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """200 when this process can serve: DynamoDB and the read model answer. 503 names which does not."""
    return _report(READY)


@public
@never_cache
@require_safe
def stack(_request: HttpRequest) -> JsonResponse:
    """200 only when every part is well. 503 names in `unwell` which are not, and in `parts` why."""
    return _report(STACK)


urlpatterns = [
    path("live", live, name="health-live"),
    path("ready", ready, name="health-ready"),
    path("stack", stack, name="health-stack"),
]
