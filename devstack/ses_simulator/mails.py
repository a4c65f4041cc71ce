"""A SendEmail request, read as SES reads it: checked, and its mail as the bytes that would go out."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import orjson

from devstack.ses_simulator.refusals import Refusal

_MOST_RECIPIENTS, _MOST_TAGS = 50, 50
# SES: ASCII letters, digits, underscores and dashes, up to 256 of them. Values may hold @ and full stops, too.
_TAG_NAME, _TAG_VALUE = re.compile(r"[A-Za-z0-9_-]{1,256}"), re.compile(r"[A-Za-z0-9_.@-]{1,256}")
_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
_IN_BRACKETS = re.compile(r"<([^<>]*)>\s*$")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(r"^([!-9;-~]+):[ \t]*(.*(?:\r?\n[ \t].*)*)", re.MULTILINE)
_FOLD = re.compile(r"\r?\n(?=[ \t])")


@dataclass(frozen=True, slots=True)
class Mail:
    """What one call wants sent. `headers` are unfolded, not decoded; `recipients` are bare addresses."""

    sender: str
    recipients: tuple[str, ...]
    tags: Mapping[str, str]
    headers: tuple[tuple[str, str], ...]
    raw: bytes

    @property
    def subject(self) -> str:
        """The subject as people read it."""
        return decoded(self.header("Subject"))

    def header(self, name: str) -> str:
        """Return the first header of this name, empty where there is none."""
        return next((value for given, value in self.headers if given.lower() == name.lower()), "")


def read(body: bytes) -> Mail:
    """Read the body of a SendEmail request.

    Raises:
        Refusal: SES would not take it.
    """
    request = decoded_object(body)
    sender = request.get("FromEmailAddress")
    recipients = _recipients(request)
    raw = _raw(request, sender, recipients)
    headers = fields(raw)
    mail = Mail(sender or "", tuple(map(address, recipients)), _tags(request), headers, raw)
    if not sender:
        mail = replace(mail, sender=mail.header("From"))
    if not isinstance(mail.sender, str) or not _ADDRESS.fullmatch(address(mail.sender)):
        raise Refusal("BadRequestException", "Missing or illegal From address.")
    return mail


def decoded_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a request's body. Raises Refusal where it holds none."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal("BadRequestException", "The request is no JSON.") from error
    if not isinstance(found, dict):
        raise Refusal("BadRequestException", "The request is no JSON object.")
    return found


def fields(raw: bytes) -> tuple[tuple[str, str], ...]:
    """Return the headers of a mail, unfolded, not decoded."""
    head = _END_OF_HEAD.split(raw, maxsplit=1)[0].decode("utf-8", errors="replace")
    return tuple((name, _FOLD.sub("", value).strip()) for name, value in _FIELD.findall(head))


def address(mailbox: str) -> str:
    """Return the bare address of `Name <address>`."""
    found = _IN_BRACKETS.search(mailbox)
    return (found[1] if found else mailbox).strip()


def decoded(value: str) -> str:
    """Return a header's value with its encoded words in plain; as it is where they are broken."""
    if "=?" not in value:
        return value
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, ValueError):
        return value


def _recipients(request: Mapping[str, Any]) -> list[str]:
    destination = request.get("Destination")
    named = destination if isinstance(destination, Mapping) else {}
    found = [one for kind in ("ToAddresses", "CcAddresses", "BccAddresses") for one in named.get(kind) or ()]
    if not found:
        raise Refusal("BadRequestException", "Destination is required.")
    if len(found) > _MOST_RECIPIENTS:
        raise Refusal("BadRequestException", f"Recipient count exceeds {_MOST_RECIPIENTS}.")
    if not all(isinstance(one, str) and _ADDRESS.fullmatch(address(one)) for one in found):
        raise Refusal("BadRequestException", "Illegal address.")
    return found


def _tags(request: Mapping[str, Any]) -> dict[str, str]:
    given = request.get("EmailTags") or []
    try:
        tags = {str(tag["Name"]): str(tag["Value"]) for tag in given}
    except (TypeError, LookupError) as error:
        raise Refusal("BadRequestException", "Illegal EmailTags.") from error
    fits = all(_TAG_NAME.fullmatch(name) and _TAG_VALUE.fullmatch(value) for name, value in tags.items())
    if not fits or len(given) > _MOST_TAGS:
        raise Refusal("BadRequestException", "Illegal EmailTags.")
    return tags


def _raw(request: Mapping[str, Any], sender: object, recipients: Sequence[str]) -> bytes:
    content = request.get("Content")
    kinds = content if isinstance(content, Mapping) else {}
    try:
        if kinds.get("Raw"):
            return base64.b64decode(kinds["Raw"]["Data"], validate=True)
        if kinds.get("Simple"):
            return _composed(kinds["Simple"], str(sender or ""), recipients)
    except (binascii.Error, TypeError, ValueError, LookupError, AttributeError) as error:
        raise Refusal("BadRequestException", "Illegal Content.") from error
    if kinds.get("Template"):
        raise Refusal("NotFoundException", "The template does not exist.")
    raise Refusal("BadRequestException", "Content is required.")


def _composed(simple: Mapping[str, Any], sender: str, recipients: Sequence[str]) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, ", ".join(recipients), simple["Subject"]["Data"]
    for header in simple.get("Headers") or ():
        message[header["Name"]] = header["Value"]
    text, html = (simple["Body"].get(kind) for kind in ("Text", "Html"))
    if text:
        message.set_content(text["Data"])
    if html and text:
        message.add_alternative(html["Data"], subtype="html")
    elif html:
        message.set_content(html["Data"], subtype="html")
    return message.as_bytes()
