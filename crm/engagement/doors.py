"""What everybody on the internet may ask for: addresses out of mail. Signed ones are answered, others are not found."""

from django.http import HttpRequest

from crm.core import clients, clock, errors, rates
from crm.deliveries import tokens
from crm.deliveries.tokens import MailRef
from crm.engagement.entities import Seen

_MINUTE = 60
# Made-up addresses from one client, in a minute.
_FORGED = 30
# Opens and clicks of one mail that are kept one by one, in a minute: more are counted, and must not fill the table.
_KEPT = 60
# Looks at one mail's unsubscribe page, in a minute; each reads the database.
_LOOKS = 60
# Changes of mind about one mail, in an hour; each is kept for ever.
_UNDONE, _HOUR = 10, 3_600

# How clients say that they load what nobody has asked to see.
_ADVANCE_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
_ADVANCE = ("prefetch", "preview", "prerender")


def mail_of(request: HttpRequest, token: str) -> MailRef:
    """Return which mail an address came in.

    Raises:
        errors.NotFound: nobody signed it.
        errors.TooMany: this client makes up one address after the other.
    """
    try:
        return tokens.read(token)
    except errors.NotFound:
        rates.spend(f"forged-token:{clients.address(request)}", _FORGED, _MINUTE)
        raise


def seen(request: HttpRequest, kind: str, *, link: int = 0, is_hidden: bool = False) -> Seen:
    """Return what a request tells about who sends it."""
    return Seen(
        kind=kind,
        at=clock.now(),
        link=link,
        agent=request.headers.get("User-Agent", ""),
        is_head=request.method == "HEAD",
        is_prefetch=any(word in _said_in_advance(request) for word in _ADVANCE),
        is_hidden=is_hidden,
    )


def is_flood(mail: MailRef) -> bool:
    """Tell whether one mail is opened and clicked more often than anybody could."""
    try:
        rates.spend(f"engagement:{_key(mail)}", _KEPT, _MINUTE)
    except errors.TooMany:
        return True
    return False


def look(mail: MailRef) -> None:
    """Count one look at a mail's unsubscribe page. Raises errors.TooMany. Unsubscribing itself is never counted."""
    rates.spend(f"unsubscribe-page:{_key(mail)}", _LOOKS, _MINUTE)


def change_mind(mail: MailRef) -> None:
    """Count one undoing. Raises errors.TooMany."""
    rates.spend(f"subscribe-again:{_key(mail)}", _UNDONE, _HOUR)


def _key(mail: MailRef) -> str:
    return f"{mail.source}/{mail.person_id}/{mail.step}"


def _said_in_advance(request: HttpRequest) -> str:
    return " ".join(request.headers.get(name, "") for name in _ADVANCE_HEADERS).lower()
