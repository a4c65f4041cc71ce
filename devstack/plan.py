"""What one stack consists of, decided from the environment once, before anything starts."""

import os
import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack.ses_simulator.settings import CERTIFICATE, DEFAULT_TOPIC

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"
DYNAMODB, DYNAMODB_STREAMS, SES = (
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_DYNAMODB_STREAMS",
    "AWS_ENDPOINT_URL_SESV2",
)
_PORTS = range(1, 65_536)
# Below the range from which Linux gives out ports for outgoing connections: a server that is restarted
# must find its port free again.
_INNER_PORTS = range(20_000, 30_000)
_KNOWN_IDENTITY = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


class Refused(Exception):
    """The stack cannot start; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One stack. `aws_port`, `ses_port`, `redis_port` are None where the environment names a server to use instead.

    `aws_port` is the emulator's, which answers for DynamoDB, `ses_port` the SES simulator's.
    """

    port: int
    data_dir: Path
    demo: bool
    aws_port: int | None
    ses_port: int | None
    redis_port: int | None
    environment: Mapping[str, str]

    @property
    def address(self) -> str:
        """The address people open; the server itself listens on 127.0.0.1 only."""
        return f"http://localhost:{self.port}"


def from_environment(given: Mapping[str, str]) -> Plan:
    """Decide what to start, with free ports for the inner servers.

    Raises:
        Refused: PORT is no port, or is taken; or SECRET_KEY is missing outside demo mode.
    """
    port = _web_port(given.get("PORT", "") or "8000")
    aws_port, ses_port = (
        None if given.get(variable) or given.get("AWS_ENDPOINT_URL") else _free_port() for variable in (DYNAMODB, SES)
    )
    redis_port = None if given.get("REDIS_URL") else _free_port()
    data_dir = Path(given.get("DATA_DIR", "") or ROOT / "var").resolve()
    demo = (given.get("DEMO", "") or "1").lower() in {"1", "true", "yes"}
    if not demo and not given.get("SECRET_KEY"):
        raise Refused("DEMO=0 needs SECRET_KEY: set it to at least 50 random characters, and keep it secret.")
    own = {"PORT": str(port), "DATA_DIR": str(data_dir), "DEMO": str(int(demo))}
    own |= _dynamodb(given, aws_port)
    if ses_port is not None:
        own |= _ses(given, ses_port, data_dir, port)
    if redis_port is not None:
        own["REDIS_URL"] = f"redis://{LOOPBACK}:{redis_port}/0"
    chosen = {**given, **_plain_http(given), **_identity(given), **_past_proxies(given), **own}
    return Plan(port, data_dir, demo, aws_port, ses_port, redis_port, chosen)


def _dynamodb(given: Mapping[str, str], aws_port: int | None) -> dict[str, str]:
    if aws_port is not None:
        emulator = f"http://{LOOPBACK}:{aws_port}"
        # Each is asked every second, and the emulator answers one question at a time.
        return {DYNAMODB: emulator, DYNAMODB_STREAMS: emulator, "OUTBOX_SHARDS": given.get("OUTBOX_SHARDS", "1")}
    if given.get(DYNAMODB) and not given.get(DYNAMODB_STREAMS) and "amazonaws.com" not in given[DYNAMODB]:
        # Emulators serve the streams on the tables' own endpoint; AWS does not.
        return {DYNAMODB_STREAMS: given[DYNAMODB]}
    return {}


def _ses(given: Mapping[str, str], ses_port: int, data_dir: Path, web_port: int) -> dict[str, str]:
    """Return where mail goes, where its events come in, and by which certificate they are believed."""
    return {
        SES: f"http://{LOOPBACK}:{ses_port}",
        "SES_EVENTS_URL": given.get("SES_EVENTS_URL") or f"http://{LOOPBACK}:{web_port}/hooks/ses",
        "SES_TOPICS": given.get("SES_TOPICS") or DEFAULT_TOPIC,
        "SNS_CERTIFICATE_FILE": str(data_dir / "ses" / CERTIFICATE),
    }


def _identity(given: Mapping[str, str]) -> dict[str, str]:
    """Return region and credentials for emulators where the machine has none; they only have to be there."""
    chosen: dict[str, str] = {}
    if not (given.get("AWS_DEFAULT_REGION") or given.get("AWS_PROFILE")):
        chosen["AWS_DEFAULT_REGION"] = given.get("AWS_REGION", "us-east-1")
    stored = Path(given.get("AWS_SHARED_CREDENTIALS_FILE", Path.home() / ".aws" / "credentials")).exists()
    if not stored and not any(given.get(name) for name in _KNOWN_IDENTITY):
        chosen |= {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    return chosen


def _plain_http(given: Mapping[str, str]) -> dict[str, str]:
    """Nothing here serves https: a redirect to it would lead nowhere, and a cookie for it would not come back."""
    return {name: given.get(name) or "0" for name in ("SECURE_SSL_REDIRECT", "SECURE_COOKIES")}


def _past_proxies(given: Mapping[str, str]) -> dict[str, str]:
    """Keep requests to the inner servers from going through a proxy that the machine may have set."""
    spared = given.get("no_proxy") or given.get("NO_PROXY") or ""
    spared = ",".join(filter(None, [spared, LOOPBACK, "localhost"]))
    return {"no_proxy": spared, "NO_PROXY": spared}


def _web_port(text: str) -> int:
    if not text.isdecimal() or int(text) not in _PORTS:
        raise Refused(f"PORT={text} is not a port: give a number from 1 to 65535.")
    if not _is_free(int(text)):
        raise Refused(f"Port {text} is taken on {LOOPBACK}. Stop what listens there, or choose another with PORT=…")
    return int(text)


def _free_port() -> int:
    for candidate in random.sample(_INNER_PORTS, len(_INNER_PORTS)):
        if _is_free(candidate):
            return candidate
    raise Refused(f"No free port between {_INNER_PORTS.start} and {_INNER_PORTS.stop}.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: a closed connection that still lingers is no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def current() -> Plan:
    """Decide from this process's environment."""
    return from_environment(os.environ)
