"""The certificates SNS signs with: fetched from SNS itself once, then kept.

Whoever calls decides on nothing but the address; so it is matched as a whole, and neither a redirect nor a bucket whose
name looks like a host leads anywhere else.
"""

import re
import ssl
from http import HTTPStatus
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.conf import settings

from crm.core import clock, errors, rates

# https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
_ADDRESS = re.compile(r"https://(sns\.([a-z]{2}(?:-[a-z]+){1,3}-\d{1,2})\.amazonaws\.com)(/[A-Za-z0-9._-]+\.pem)")
_SIMULATED = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-simulator.pem"
_AWS = re.compile(r".+\.(amazonaws\.com(\.cn)?|api\.aws)")
_TIMEOUT_S, _MAX_BYTES, _KEPT = 3.0, 64 * 1024, 16
# SNS changes its certificate about once a year. Who names more new ones makes them up, and holds up nobody else.
_FETCHES, _FETCHES_IN_S = 30, 60

_known: dict[str, x509.Certificate] = {}


class Untrusted(Exception):
    """What was named is not a certificate of SNS."""


def public_key(address: str, region: str, caller: str) -> RSAPublicKey:
    """Return the key of the certificate at an address, which `caller` named for a topic of a region.

    Raises:
        Untrusted: it is not one of that region's SNS, or not valid now.
        errors.Busy, errors.TooMany: it cannot be had now.
    """
    is_simulated = address == _SIMULATED and _is_simulated()
    certificate = _simulated() if is_simulated else _certificate(address, region, caller)
    if not certificate.not_valid_before_utc <= clock.now() <= certificate.not_valid_after_utc:
        raise Untrusted("the certificate is not valid now")
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise Untrusted("the certificate's key is not RSA")
    return key


def _is_simulated() -> bool:
    """Whether mail goes to a simulator of SES, which signs with a certificate of its own."""
    host = urlsplit(settings.SES_ENDPOINT).hostname
    return bool(settings.SNS_CERTIFICATE_FILE and host) and _AWS.fullmatch(str(host)) is None


def _simulated() -> x509.Certificate:
    try:
        return _parsed(Path(settings.SNS_CERTIFICATE_FILE).read_bytes())
    except OSError as error:
        raise errors.Busy("The simulator has not made its certificate yet.") from error


def _certificate(address: str, region: str, caller: str) -> x509.Certificate:
    matched = _ADDRESS.fullmatch(address)
    if matched is None:
        raise Untrusted("the certificate is not at an address of SNS")
    if matched[2] != region:
        raise Untrusted("the certificate is another region's than the topic")
    known = _known.get(address)
    if known is None:
        rates.spend(f"sns-certificates:{caller}", _FETCHES, _FETCHES_IN_S)
        known = _parsed(_fetched(matched[1], matched[3]))
        if len(_known) >= _KEPT:
            _known.clear()
        _known[address] = known
    return known


def _fetched(host: str, path: str) -> bytes:
    connection = HTTPSConnection(host, timeout=_TIMEOUT_S, context=ssl.create_default_context())
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        content = answer.read(_MAX_BYTES + 1)
    except (OSError, HTTPException) as error:
        raise errors.Busy("The certificate cannot be fetched now.") from error
    finally:
        connection.close()
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise errors.Busy("The certificate cannot be fetched now.")
    if answer.status != HTTPStatus.OK or len(content) > _MAX_BYTES:
        raise Untrusted("there is no certificate at this address")
    return content


def _parsed(content: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(content)
    except ValueError as error:
        raise Untrusted("what is at this address is no certificate") from error
