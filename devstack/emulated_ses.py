"""What the emulated SES wants before it takes a mail: a verified sender, as AWS wants one too.

On AWS an operator verifies the domain once. An endpoint that is no ministack is left alone: the product itself
needs only SendEmail and GetAccount of it.
"""

import urllib.error
import urllib.request
from email.utils import parseaddr

import boto3
from botocore.exceptions import ClientError
from django.conf import settings

_READY = "/_ministack/ready"
_TIMEOUT_S = 3.0
_KNOWN_ALREADY = "AlreadyExistsException"
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def verify_sender() -> None:
    """Let the emulator know the domain mails are sent from. Again is harmless."""
    if not (settings.SES_ENDPOINT and _is_emulator(settings.SES_ENDPOINT)):
        return
    domain = parseaddr(settings.MAIL_FROM)[1].rpartition("@")[2]
    try:
        boto3.client("sesv2").create_email_identity(EmailIdentity=domain)
    except ClientError as error:
        if error.response["Error"]["Code"] != _KNOWN_ALREADY:
            raise


def _is_emulator(endpoint: str) -> bool:
    try:
        with _opener.open(f"{endpoint.rstrip('/')}{_READY}", timeout=_TIMEOUT_S):
            return True
    except (urllib.error.URLError, TimeoutError, OSError):
        return False
