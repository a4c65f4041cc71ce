"""The parts of a mail that people look at, read from its bytes."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


def parts(raw: bytes) -> tuple[str, str]:
    """Return a mail's text and HTML, each empty where it has no such part. What cannot be decoded is replaced."""
    message = message_from_bytes(raw, policy=default)
    return _content(message, "plain"), _content(message, "html")


def _content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(part.get_content_charset("utf-8"), errors="replace")
    except LookupError:
        return payload.decode("utf-8", errors="replace")
