"""SNS's part: notifications as it posts them, signed by a key of the simulator's own.

The string to sign and the signature follow AWS's "Verifying the signatures of Amazon SNS messages", version 2:
https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html
"""

import base64
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from devstack.ses_simulator import clock
from devstack.ses_simulator.settings import CERTIFICATE

CERTIFICATE_URL = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-simulator.pem"
SUBJECT = "Amazon SES Email Event Notification"
_KEY = "key.pem"
_BITS, _LIFE = 2048, timedelta(days=3650)
# What is signed of a notification, in this order.
_SIGNED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")


@dataclass(frozen=True, slots=True)
class Notification:
    """One post: its body and what SNS says of it in headers."""

    body: bytes
    headers: dict[str, str]


class Topic:
    """A topic that signs what it posts. Its key and certificate lie in `folder`, made when they are missing."""

    def __init__(self, arn: str, folder: Path) -> None:
        self._arn = arn
        if not (folder / CERTIFICATE).exists():
            _make(folder)
        key = serialization.load_pem_private_key((folder / _KEY).read_bytes(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{folder / _KEY} holds no RSA key")
        self._key = key

    def notification(self, message_id: str, message: str, published_at: float) -> Notification:
        """Write and sign one. The same arguments give the same body, as when SNS posts one again."""
        fields = {
            "Type": "Notification",
            "MessageId": message_id,
            "TopicArn": self._arn,
            "Subject": SUBJECT,
            "Message": message,
            "Timestamp": clock.stamp(published_at),
        }
        text = "".join(f"{name}\n{fields[name]}\n" for name in _SIGNED)
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        region = self._arn.split(":")[3] if self._arn.count(":") > 3 else "us-east-1"  # noqa: PLR2004  # its fourth part
        fields |= {
            "SignatureVersion": "2",
            "Signature": base64.b64encode(signature).decode(),
            "SigningCertURL": CERTIFICATE_URL,
            "UnsubscribeURL": f"https://sns.{region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={self._arn}:0",
        }
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "User-Agent": "Amazon Simple Notification Service Agent",
            "x-amz-sns-message-type": "Notification",
            "x-amz-sns-message-id": message_id,
            "x-amz-sns-topic-arn": self._arn,
        }
        return Notification(orjson.dumps(fields), headers)


def _make(folder: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    _write(folder / _KEY, private, 0o600)
    # Last: where it is, the key that fits it is there, too.
    _write(folder / CERTIFICATE, certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a file that is whole or not there."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    unfinished.replace(path)
