"""From what people wrote to the bytes of a mail: text and HTML parts, and headers that nothing can be smuggled into."""

import textwrap
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.charset import QP, Charset
from email.encoders import encode_base64
from email.generator import BytesGenerator
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache
from io import BytesIO
from typing import Protocol

import idna

# RFC 5322 allows 998 octets to a line. Headers are folded as late as that, bodies are encoded before.
_LINE = 900
# RFC 2047, 2: a line with an encoded word has at most 76 characters, the header's name included ("Subject: ").
_ENCODED_WORD = 66
WIRE = compat32.clone(linesep="\r\n", max_line_length=_LINE)
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP


NO_SUCH_MAILBOX = "SES takes no address like this"


class Unmailable(Exception):
    """No mail can be written to this person, now or later, unless somebody mends what `reason` says in words.

    By default: SES takes no address with other than ASCII before the @.
    """

    def __init__(self, reason: str = NO_SUCH_MAILBOX) -> None:
        super().__init__(reason)
        self.reason = reason


class Sendable(Protocol):
    """A mail that knows its words, and becomes bytes for one addressee."""

    def wire(self, *, sender: str, name: str, address: str, now: datetime) -> bytes:
        """Return the mail as MIME: CRLF, headers of printable ASCII. `sender` reads `Name <address>`.

        Raises:
            Unmailable: SES cannot take the address, or the mail cannot be written to this person.
        """


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail before it has an addressee. `headers` are added as they are: printable ASCII.

    `calendar`: a calendar file to attach, see `crm.events.ics`; empty for none.
    """

    subject: str
    text: str
    html: str
    headers: tuple[tuple[str, str], ...] = ()
    calendar: bytes = b""

    def wire(self, *, sender: str, name: str, address: str, now: datetime) -> bytes:
        """Return the mail as MIME, see `Sendable`."""
        words = MIMEMultipart("alternative", policy=WIRE)
        words.attach(_part(self.text, "plain"))
        words.attach(_part(self.html, "html"))
        message = _with_calendar(words, self.calendar) if self.calendar else words
        message["From"] = ascii_mailbox(sender)
        message["To"] = addressee(name, address)
        message["Subject"] = encoded(self.subject)
        message["Date"] = format_datetime(now)
        for header, value in self.headers:
            message[header] = value
        return flat(message)


def _with_calendar(words: Message, calendar: bytes) -> MIMEMultipart:
    file = MIMENonMultipart("text", "calendar", policy=WIRE, charset="utf-8", method="PUBLISH")
    file.set_payload(calendar)
    encode_base64(file)
    file.add_header("Content-Disposition", "attachment", filename="event.ics")
    message = MIMEMultipart("mixed", policy=WIRE)
    message.attach(words)
    message.attach(file)
    return message


def flat(message: Message) -> bytes:
    """Return a message as it goes over the wire."""
    buffer = BytesIO()
    BytesGenerator(buffer, mangle_from_=False, policy=WIRE).flatten(message)
    return buffer.getvalue()


def addressee(name: str, address: str) -> str:
    """Return the To header; an address that stands for a name is not said twice. Raises Unmailable as `mailbox`."""
    return mailbox(name if name != address else "", address)


def mailbox(name: str, address: str) -> str:
    """Return `Name <address>` in printable ASCII.

    Raises:
        Unmailable: SES cannot take the address.
    """
    to = ascii_address(address)
    name = printable(name)
    if not name or _is_plain(name):
        return formataddr((name, to))
    return f"{encoded(name)} <{to}>"


def _part(text: str, subtype: str) -> MIMEText:
    """Text as it is where lines and characters allow, quoted-printable otherwise: both decode to exactly the text."""
    if text.isascii() and all(len(line) <= _LINE for line in text.split("\n")):
        return MIMEText(text, subtype, "us-ascii", policy=WIRE)
    # The stubs know only charset names; the package takes the object, and with it quoted-printable for base64.
    return MIMEText(text, subtype, _UTF8, policy=WIRE)  # type: ignore[arg-type]


@lru_cache(maxsize=16)
def ascii_mailbox(sender: str) -> str:
    """Return `Name <address>` as headers hold it. Raises Unmailable as `mailbox` does."""
    return mailbox(*parseaddr(sender))


def ascii_address(address: str) -> str:
    """Return an address as SES takes it, its domain in ASCII.

    Raises:
        Unmailable: SES cannot take the address.
    """
    local, _, domain = address.rpartition("@")
    try:
        domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise Unmailable from error
    if not local or not _is_plain(f"{local}@{domain}"):
        raise Unmailable
    return f"{local}@{domain}"


def encoded(value: str) -> str:
    """Return a header value as it is where it is plain, as short encoded words with spaces between them otherwise."""
    value = printable(value)
    if _is_plain(value):
        return value
    return " ".join(Header(value, "utf-8", maxlinelen=_ENCODED_WORD).encode(linesep="\n").split())


def folded(value: str) -> str:
    """Return a header value with line breaks before some of its spaces; unfolded (RFC 5322, 2.2.3) it is as before."""
    if len(value) <= _ENCODED_WORD:
        return value
    return "\r\n ".join(textwrap.wrap(value, _ENCODED_WORD, break_long_words=False, break_on_hyphens=False))


def _is_plain(value: str) -> bool:
    # What looks like an encoded word would be decoded by the reader's program; only spaces let a line be folded.
    is_foldable = len(value) <= _LINE or max(map(len, value.split(" "))) <= _LINE
    return value.isascii() and value.isprintable() and "=?" not in value and is_foldable


def printable(value: str) -> str:
    """Return the value with control characters turned into single spaces."""
    if value.isascii() and value.isprintable():
        return " ".join(value.split())
    return " ".join("".join(" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in value).split())
