"""What the addresses inside a mail hold: which mail they came in, signed, so that nobody can make up another's.

A token never expires: people unsubscribe from mail that is years old. It is signed with SECRET_KEY; keys it was changed
from keep working while they stand in SECRET_KEY_FALLBACKS.
"""

import re
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.core.signing import BadSignature, Signer, b64_decode, b64_encode

from crm.core import errors
from crm.deliveries.entities import Delivery

# The address nobody sees: who follows it reads the mail's source rather than the mail.
HONEYPOT = "0"
# What `click_url` makes, with the link's number; no mail has more than 9,999.
CLICKED = re.compile(r"https?://[^/?#]+(?:/[^?#]*)?/c/[^/?#]+/(\d{1,4})")


@dataclass(frozen=True, slots=True)
class MailRef:
    """Which mail an address came in: its key in the outbox."""

    source: str
    shard: int
    person_id: str
    step: str


def of(mail: Delivery) -> str:
    """Return the token of a mail: the same whenever it is asked for, about 130 characters, safe in a URL's path."""
    # Ids never hold a `#`; a step may, so it comes last.
    plain = f"{mail.source}#{mail.shard}#{mail.person_id}#{mail.step}"
    return _signer().sign(b64_encode(plain.encode()).decode())


def read(token: str) -> MailRef:
    """Return which mail a token names.

    Raises:
        errors.NotFound: we did not sign it.
    """
    try:
        plain = b64_decode(_signer().unsign(token).encode()).decode()
    except BadSignature as error:
        raise errors.NotFound("There is no such mail.") from error
    source, shard, person_id, step = plain.split("#", 3)
    return MailRef(source, int(shard), person_id, step)


def via(campaign_id: str) -> str:
    """Return what a link to our own pages carries to tell whose mail it stood in, about 70 characters.

    It names nobody: who follows the link may have been forwarded it, and addresses get into logs and bookmarks.
    """
    return _signer("campaign").sign(campaign_id)


def campaign_of(via: str) -> str:
    """Return the campaign that a link's `via` names; empty where we did not sign it."""
    try:
        return _signer("campaign").unsign(via)
    except BadSignature:
        return ""


@dataclass(frozen=True, slots=True)
class PlaceRef:
    """Whose place, at which event, an address is about."""

    event_id: str
    person_id: str


def place_url(event_id: str, person_id: str) -> str:
    """Return the address under which somebody looks at their own place, and gives it back."""
    token = _signer("place").sign(b64_encode(f"{event_id}#{person_id}".encode()).decode())
    return f"{settings.PUBLIC_URL}/r/{token}"


def read_place(token: str) -> PlaceRef:
    """Return whose place a token names.

    Raises:
        errors.NotFound: we did not sign it.
    """
    try:
        plain = b64_decode(_signer("place").unsign(token).encode()).decode()
    except BadSignature as error:
        raise errors.NotFound("There is no such registration.") from error
    event_id, _, person_id = plain.partition("#")
    return PlaceRef(event_id, person_id)


def open_url(token: str) -> str:
    """Return the address of the picture that tells that the mail was opened."""
    return f"{settings.PUBLIC_URL}/o/{token}.gif"


def click_url(token: str, number: int) -> str:
    """Return the tracked address of the nth of its body revision's `links`, counted from 1."""
    return f"{settings.PUBLIC_URL}/c/{token}/{number}"


def honeypot_url(token: str) -> str:
    """Return an address to hide in the HTML: only machines follow it."""
    return f"{settings.PUBLIC_URL}/c/{token}/{HONEYPOT}"


def unsubscribe_url(token: str) -> str:
    """Return the address that shows the unsubscribe page to a GET, and unsubscribes by a one-click POST (RFC 8058)."""
    return f"{settings.PUBLIC_URL}/u/{token}"


@cache
def _signer(purpose: str = "") -> Signer:
    # What is signed for one purpose does for no other: what names a campaign must not unsubscribe anybody.
    return Signer(salt=".".join(filter(None, ("crm.deliveries.tokens", purpose))), sep=".")
