"""What the SES simulator accepted, for the demo: AWS's own SES shows nothing of the kind."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, overload
from urllib.parse import quote, urlencode

from django.conf import settings

from crm.core import errors

TIMEOUT_S = 3.0
# A page of heads is small; this is for a single mail, of which SES takes up to 40 MB.
MAX_BYTES = 8 * 1024 * 1024
_PATH = "/_simulator/messages"
# The simulator runs beside us: no proxy is asked.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Unreadable(Exception):
    """The mails cannot be shown; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Head:
    """One mail as SES accepted it, as lists show it."""

    id: str
    sender: str
    to: str
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail in full. `text` and `html` are empty where it had no such part."""

    head: Head
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Page:
    heads: list[Head]
    total: int
    everything: int


class Heads(Sequence[Head]):
    """Mails whose address or subject holds a text, newest first; a slice of up to 200 asks for just those."""

    def __init__(self, text: str) -> None:
        """Count them; `everything` is how many the simulator keeps in all.

        Raises:
            Unreadable: it cannot be reached, or shows no mails.
        """
        self._text = text
        counts = self._page(0, 0)
        self._total, self.everything = counts.total, counts.everything

    def __len__(self) -> int:
        return self._total

    @overload
    def __getitem__(self, wanted: int) -> Head: ...
    @overload
    def __getitem__(self, wanted: slice) -> list[Head]: ...
    def __getitem__(self, wanted: int | slice) -> Head | list[Head]:
        if isinstance(wanted, int):
            return self._page(wanted, 1).heads[0]
        start, stop, _step = wanted.indices(self._total)
        return self._page(start, stop - start).heads if stop > start else []

    def _page(self, offset: int, limit: int) -> _Page:
        query = urlencode({"q": self._text, "limit": limit, "offset": offset})
        found = _answer(f"{_PATH}?{query}")
        try:
            heads = [_head(one) for one in found["messages"]]
            return _Page(heads, int(found["total"]), int(found["everything"]))
        except _SHAPELESS as error:
            raise Unreadable(_SOMETHING_ELSE) from error


def letter(letter_id: str) -> Letter:
    """Return one mail.

    Raises:
        errors.NotFound: the simulator does not keep it, or not any more.
        Unreadable: the simulator cannot be reached.
    """
    found = _answer(f"{_PATH}/{quote(letter_id, safe='')}")
    try:
        return Letter(_head(found), text=str(found["text"]), html=str(found["html"]))
    except _SHAPELESS as error:
        raise Unreadable(_SOMETHING_ELSE) from error


# Some other server answers at this address: what it says has neither this shape nor moments as these.
_SHAPELESS = (ValueError, LookupError, TypeError, AttributeError, OverflowError, OSError)
_SOMETHING_ELSE = "The mail endpoint answers, but not with the mails it received."


def _answer(path: str) -> Any:  # noqa: ANN401 - whatever it says
    if not settings.SES_ENDPOINT:
        raise Unreadable("Mails go to AWS, which does not show them.")
    try:
        with _opener.open(f"{settings.SES_ENDPOINT.rstrip('/')}{path}", timeout=TIMEOUT_S) as response:
            body: bytes = response.read(MAX_BYTES + 1)
    except urllib.error.HTTPError as error:
        if error.code == HTTPStatus.NOT_FOUND and "?" not in path:
            raise errors.NotFound("The simulator does not keep this mail any more.") from error
        raise Unreadable(_SHOWS_NOTHING) from error
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        raise Unreadable(_SHOWS_NOTHING) from error
    if len(body) > MAX_BYTES:
        raise Unreadable("The mail is too long to show.")
    try:
        return json.loads(body)
    except ValueError as error:
        raise Unreadable(_SOMETHING_ELSE) from error


_SHOWS_NOTHING = "The mail endpoint does not answer, or does not show what it received."


def _head(one: Mapping[str, Any]) -> Head:
    return Head(
        id=str(one["id"]),
        sender=str(one["from"]),
        to=str(one["to"]),
        subject=str(one["subject"]),
        at=datetime.fromtimestamp(one["at"], UTC),
    )
