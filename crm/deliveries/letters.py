"""From what people wrote to the bytes of a mail: text and HTML parts, and headers that nothing can be smuggled into."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.charset import QP, Charset
from email.generator import BytesGenerator
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from io import BytesIO

import idna
from django.template.loader import render_to_string
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from crm.core.utm import Utm
from crm.deliveries import links

# RFC 5322 allows 998 octets to a line. Headers are folded as late as that, bodies are encoded before.
_LINE = 900
_WIRE = compat32.clone(linesep="\r\n", max_line_length=_LINE)
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP
_PARAGRAPHS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


class Unmailable(Exception):
    """No mail can be written to this address: SES takes none with other than ASCII before the @."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail before it has an addressee."""

    subject: str
    text: str
    html: str


def written(subject: str, body: str, utm: Utm) -> Letter:
    """Make a letter of a body as people type it: plain text, whose links get the UTM parameters."""
    body = body.replace("\r\n", "\n")
    html = render_to_string("emails/message.html", {"subject": subject, "paragraphs": _paragraphs(body, utm)})
    return Letter(subject, links.tagged_text(body, utm), html)


def _paragraphs(body: str, utm: Utm) -> list[SafeString]:
    return [_with_links(paragraph, utm) for paragraph in _PARAGRAPHS.split(body.strip("\n")) if paragraph.strip()]


def _with_links(paragraph: str, utm: Utm) -> SafeString:
    marked = (
        format_html('<a href="{}">{}</a>', links.tagged(piece, utm), piece) if is_link else escape(piece)
        for piece, is_link in links.pieces(paragraph)
    )
    # Every piece was escaped just above.
    return mark_safe("".join(marked).replace("\n", "<br>\n"))  # noqa: S308


def wire(letter: Letter, *, sender: str, name: str, address: str, now: datetime) -> bytes:
    """Return the letter to one person as MIME: CRLF, headers of printable ASCII. `sender` reads `Name <address>`.

    Raises:
        Unmailable: SES cannot take the address.
    """
    message = MIMEMultipart("alternative", policy=_WIRE)
    message["From"] = ascii_mailbox(sender)
    message["To"] = mailbox(name if name != address else "", address)
    message["Subject"] = _encoded(letter.subject)
    message["Date"] = format_datetime(now)
    message.attach(_part(letter.text, "plain"))
    message.attach(_part(letter.html, "html"))
    buffer = BytesIO()
    BytesGenerator(buffer, mangle_from_=False, policy=_WIRE).flatten(message)
    return buffer.getvalue()


def mailbox(name: str, address: str) -> str:
    """Return `Name <address>` in printable ASCII.

    Raises:
        Unmailable: SES cannot take the address.
    """
    to = ascii_address(address)
    name = _printable(name)
    if not name or _is_plain(name):
        return formataddr((name, to))
    return f"{_encoded(name)} <{to}>"


def _part(text: str, subtype: str) -> MIMEText:
    """Text as it is where lines and characters allow, quoted-printable otherwise: both decode to exactly the text."""
    if text.isascii() and all(len(line) <= _LINE for line in text.split("\n")):
        return MIMEText(text, subtype, "us-ascii", policy=_WIRE)
    # The stubs know only charset names; the package takes the object, and with it quoted-printable for base64.
    return MIMEText(text, subtype, _UTF8, policy=_WIRE)  # type: ignore[arg-type]


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


def _encoded(value: str) -> str:
    """Return a header value as it is where it is plain, as encoded words of at most 75 characters otherwise."""
    value = _printable(value)
    if _is_plain(value):
        return value
    return " ".join(Header(value, "utf-8", maxlinelen=75).encode(linesep="\n").split())


def _is_plain(value: str) -> bool:
    # What looks like an encoded word would be decoded by the reader's program.
    return value.isascii() and value.isprintable() and "=?" not in value


def _printable(value: str) -> str:
    """Return the value with control characters turned into single spaces."""
    return " ".join("".join(" " if unicodedata.category(c) in {"Cc", "Cs"} else c for c in value).split())
