"""A stand-in for SNS: it signs messages, and serves its certificate and whatever else a test puts at an address."""

import base64
import io
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.x509.oid import NameOID

from crm.core import clock

TOPIC = "arn:aws:sns:us-east-1:123456789012:ses-events"
HOST, PATH = "sns.us-east-1.amazonaws.com", "/SimpleNotificationService-0123456789abcdef.pem"
ADDRESS = f"https://{HOST}{PATH}"
_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")

Fields = dict[str, str]


@cache
def key(name: str = "sns") -> rsa.RSAPrivateKey:
    """Return an RSA key of this name, made once."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def certificate(
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, *, ended: timedelta = -timedelta(days=30)
) -> bytes:
    """Return a certificate of a key as PEM; it ended so long ago."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(clock.now() - timedelta(days=60))
        .not_valid_after(clock.now() - ended)
        .sign(private, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def timestamp(moment: datetime | None = None) -> str:
    """Write a moment as SNS does."""
    return (moment or clock.now()).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def envelope(message: object, **fields: str) -> Fields:
    """Return an unsigned notification; `message` is text, or becomes JSON."""
    made = {
        "Type": "Notification",
        "MessageId": "0b2a1d50-6f0e-5a3c-9d38-4f4f0c1c1e11",
        "TopicArn": TOPIC,
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": timestamp(),
        "SignatureVersion": "2",
        "SigningCertURL": ADDRESS,
        "UnsubscribeURL": f"https://{HOST}/?Action=Unsubscribe",
    }
    return {**made, **fields}


def signed(fields: Fields, private: rsa.RSAPrivateKey | None = None, algorithm: Any = None) -> Fields:
    """Sign a message as SNS would, whatever it says."""
    names = _NOTIFICATION if fields["Type"] == "Notification" else _CONFIRMATION
    text = "".join(f"{name}\n{fields[name]}\n" for name in names if name in fields)
    signature = (private or key()).sign(text.encode(), PKCS1v15(), algorithm or hashes.SHA256())
    return {**fields, "Signature": base64.b64encode(signature).decode()}


@dataclass
class Web:
    """What answers at which address, and which addresses were asked."""

    pages: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_away: bool = False

    def connect(self, host: str, **_: object) -> "_Connection":
        """Stand in for http.client.HTTPSConnection."""
        return _Connection(self, host)


@dataclass
class _Connection:
    web: Web
    host: str
    path: str = ""

    def request(self, _method: str, path: str) -> None:
        self.path = path
        self.web.asked.append(f"https://{self.host}{path}")
        if self.web.is_away:
            raise TimeoutError

    def getresponse(self) -> "_Answer":
        return _Answer(*self.web.pages.get(f"https://{self.host}{self.path}", (404, b"")))

    def close(self) -> None:
        pass


class _Answer(io.BytesIO):
    def __init__(self, status: int, content: bytes) -> None:
        super().__init__(content)
        self.status = status
