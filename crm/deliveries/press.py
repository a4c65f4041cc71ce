"""Printing a laid out mail for one person after the other: the MIME is built once, only what is left open is filled in.

Putting a mail together by the email package for every recipient costs more than sending it; here all of it but a few
words is encoded already. Each hole stands on lines of its own in the quoted-printable body (RFC 2045, 6.7), whose soft
line breaks leave no trace, so that no line grows too long whatever is filled in.
"""

import binascii
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.utils import format_datetime
from html import escape

from crm.deliveries import letters, tokens
from crm.deliveries.layout import Layout, Link, Piece, Pieces, Spot
from crm.deliveries.merge import Use
from crm.people.entities import PersonFields

# RFC 2045, 6.7: no line is longer, the "=" of its soft break included.
_QP_LINE = 76
# Nobody sees it; what follows it is no person.
_HONEYPOT = '<a href="{}" style="display:none" aria-hidden="true" tabindex="-1"></a>'
_PIXEL = '<img src="{}" width="1" height="1" alt="" style="display:block;border:0">'
# What every mail of a campaign is filled in with before its fields.
_FROM, _TO, _SUBJECT, _DATE, _TOKEN, _TOKEN_IN_BODY = range(6)
# RFC 8058 says "one-click" in these words only.
_ONE_CLICK = "List-Unsubscribe=One-Click"

# Makes HTML of plain text, or leaves text as it is.
Form = Callable[[str], str]


class Press:
    """One campaign's mail, ready to be printed. Used from several threads, changed by none.

    `mailbox`: the address to which mail programs that know no other way send people's wish to unsubscribe.
    """

    def __init__(self, layout: Layout, mailbox: str) -> None:
        self._subject = layout.subject
        self._fillings: list[tuple[Use, Form]] = []
        # Nobody can have written this word.
        self._hole = f"x{secrets.token_hex(8)}x"
        parts = re.split(rf"{self._hole}(\d+)z".encode(), self._with_holes(layout, mailbox))
        self._parts: Sequence[bytes] = parts[::2]
        self._keys = [int(key) for key in parts[1::2]]

    def print(self, person: PersonFields, token: str, *, sender: str, to: str, now: datetime) -> bytes:
        """Return one mail as MIME. `sender` and `to` are headers already.

        Raises:
            merge.Missing: the person has no value for a field without a default.
        """
        subject = "".join(piece.of(person) if isinstance(piece, Use) else str(piece) for piece in self._subject)
        named = map(letters.folded, (sender, to, letters.encoded(subject)))
        values = [header.encode() for header in (*named, format_datetime(now), token)]
        values.append(quoted(token))
        values += [quoted(form(use.of(person))) for use, form in self._fillings]
        pieces = [b""] * (2 * len(self._parts) - 1)
        pieces[::2] = self._parts
        pieces[1::2] = [values[key] for key in self._keys]
        return b"".join(pieces)

    def _with_holes(self, layout: Layout, mailbox: str) -> bytes:
        message = MIMEMultipart("alternative", policy=letters.WIRE)
        for key, name in ((_FROM, "From"), (_TO, "To"), (_SUBJECT, "Subject"), (_DATE, "Date")):
            message[name] = self._marked(key)
        token = self._marked(_TOKEN)
        by_mail = f"mailto:{mailbox}?subject=unsubscribe%20{token}"
        message["List-Unsubscribe"] = f"<{tokens.unsubscribe_url(token)}>, <{by_mail}>"
        message["List-Unsubscribe-Post"] = _ONE_CLICK
        # Keeps answering machines quiet; "Auto-Submitted" (RFC 3834) is for what no person wrote.
        message["Precedence"] = "bulk"
        message.attach(self._part(layout.text, "plain", lambda text: text))
        message.attach(self._part(layout.html, "html", escape))
        return letters.flat(message)

    def _part(self, pieces: Pieces, subtype: str, form: Form) -> MIMENonMultipart:
        part = MIMENonMultipart("text", subtype, policy=letters.WIRE, charset="utf-8")
        part["Content-Transfer-Encoding"] = "quoted-printable"
        text = "".join(self._open(piece, form) for piece in pieces)
        # Odd ones are the numbers of holes.
        cut = enumerate(re.split(rf"{self._hole}(\d+)z", text))
        part.set_payload("=\n".join(self._marked(int(one)) if n % 2 else _qp(one).decode() for n, one in cut if one))
        return part

    def _open(self, piece: Piece, form: Form) -> str:
        """Return a piece as it stands in one of the bodies, with holes in it where people differ."""
        token = self._marked(_TOKEN_IN_BODY)
        match piece:
            case Use():
                self._fillings.append((piece, form))
                return self._marked(_TOKEN_IN_BODY + len(self._fillings))
            case Link(number):
                return form(tokens.click_url(token, number))
            case Spot.UNSUBSCRIBE:
                return form(tokens.unsubscribe_url(token))
            case Spot.PIXEL:
                return _PIXEL.format(form(tokens.open_url(token)))
            case Spot.HONEYPOT:
                return _HONEYPOT.format(form(tokens.honeypot_url(token)))
        return piece

    def _marked(self, key: int) -> str:
        return f"{self._hole}{key}z"


@dataclass(frozen=True, slots=True)
class Copy:
    """A campaign's mail to one person. `token`: of their delivery."""

    press: Press
    person: PersonFields
    token: str

    def wire(self, *, sender: str, name: str, address: str, now: datetime) -> bytes:
        """Return the mail as MIME, see `letters.Sendable`.

        Raises:
            letters.Unmailable: SES cannot take the address, or the person lacks a field that has no default.
        """
        to = letters.addressee(name, address)
        return self.press.print(self.person, self.token, sender=letters.ascii_mailbox(sender), to=to, now=now)


def quoted(value: str) -> bytes:
    """Return a value in quoted-printable with CRLF, of lines that leave room for a soft break."""
    return _qp(value).replace(b"\n", b"\r\n")


def _qp(text: str) -> bytes:
    encoded = binascii.b2a_qp(text.encode())
    if len(encoded) - encoded.rfind(b"\n") <= _QP_LINE:
        return encoded
    # The encoder fills the last line to the brim, since it knows of nothing after it.
    return encoded[:-1] + b"=\n" + encoded[-1:]
