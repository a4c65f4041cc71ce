"""What the emulated SES received, for the demo: AWS's own SES shows nothing of the kind."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

TIMEOUT_S = 3.0
# The emulator answers everything it holds at once; this is about 8,000 of our mails.
MAX_BYTES = 24 * 1024 * 1024
_PATH = "/_ministack/ses/messages"
# The emulator runs beside us: no proxy is asked.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Unreadable(Exception):
    """The mails cannot be shown; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as SES accepted it. `html` is empty where it had no such part."""

    id: str
    sender: str
    to: str
    subject: str
    text: str
    html: str
    at: datetime


def letters() -> list[Letter]:
    """Return every mail the emulator remembers, newest first.

    Raises:
        Unreadable: it cannot be reached, keeps no mails, or too many to show.
    """
    body = _read(f"{settings.SES_ENDPOINT.rstrip('/')}{_PATH}")
    try:
        found = [_letter(one) for account in json.loads(body)["messages"].values() for one in account]
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, OSError) as error:
        # Some other server answers at this address: what it says has neither this shape nor moments as these.
        raise Unreadable("The mail endpoint answers, but not with the mails it received.") from error
    return sorted(found, key=lambda letter: letter.at, reverse=True)


def _read(url: str) -> bytes:
    if not settings.SES_ENDPOINT:
        raise Unreadable("Mails go to AWS, which does not show them.")
    try:
        with _opener.open(url, timeout=TIMEOUT_S) as response:
            body: bytes = response.read(MAX_BYTES + 1)
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        raise Unreadable("The mail endpoint does not answer, or does not show what it received.") from error
    if len(body) > MAX_BYTES:
        raise Unreadable("The emulator has received too many mails to show them all.")
    return body


def _letter(one: Mapping[str, Any]) -> Letter:
    return Letter(
        id=str(one["MessageId"]),
        sender=str(one["Source"]),
        to=", ".join(one["To"]),
        subject=str(one["Subject"]),
        text=str(one["BodyText"] or ""),
        html=str(one["BodyHtml"] or ""),
        at=datetime.fromtimestamp(one["Timestamp"], UTC),
    )
