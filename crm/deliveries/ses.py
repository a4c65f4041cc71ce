"""The one call that sends a mail, and what its outcome says: accepted, surely not accepted, or nobody knows.

SES has no token against sending twice, so nothing below the outbox may ever repeat a call: one attempt, and the
outbox decides. (By default boto3 posts one mail three times when the answer is late.)
"""

import logging
import threading
import time
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol, cast

import boto3
from botocore import exceptions
from botocore.config import Config

log = logging.getLogger(__name__)

_CONFIG = Config(
    retries={"total_max_attempts": 1, "mode": "standard"},
    connect_timeout=3,
    read_timeout=5,
    max_pool_connections=64,
    parameter_validation=False,
)
# Raised before anything was sent.
_NOT_SENT = (
    exceptions.ConnectTimeoutError,
    exceptions.EndpointConnectionError,
    exceptions.ProxyConnectionError,
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
)
# Refusals that are about the account or the moment, not about this mail.
_MAY_PASS = frozenset(
    {
        "AccountSuspendedException",
        "LimitExceededException",
        "MailFromDomainNotVerifiedException",
        "NotFoundException",
        "RequestExpired",
        "SendingPausedException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_REFUSALS = range(400, 500)
_MAY_PASS_STATUS = frozenset({401, 403, 408, 429})
_REASON_SHOWN = 200
_ACCOUNT_READ_EVERY_S, _ACCOUNT_ASKED_AGAIN_S = 300.0, 5.0
# What SES grants an account in its sandbox; used until it has said what ours may.
_SANDBOX_RATE = 1.0


class Refused(Exception):
    """SES surely did not accept the mail. `is_final`: nor will it accept this mail later."""

    def __init__(self, reason: str, *, is_final: bool) -> None:
        super().__init__(reason)
        self.reason = reason[:_REASON_SHOWN]
        self.is_final = is_final


class InDoubt(Exception):
    """SES may or may not have accepted the mail."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason[:_REASON_SHOWN]


class Client(Protocol):
    """The operations of SES v2 that the product uses."""

    def send_email(self, **request: Any) -> dict[str, Any]: ...  # noqa: ANN401 - as AWS names them
    def get_account(self) -> dict[str, Any]: ...


@cache
def client() -> Client:
    """Return the process's one client; it may be used from all threads."""
    return cast("Client", boto3.session.Session().client("sesv2", config=_CONFIG))


def send(message: bytes, *, sender: str, to: str, tags: Mapping[str, str]) -> str:
    """Hand a MIME message to SES for one address and return the message id that SES gave it.

    `sender` and `to` are ASCII. `tags` come back with every event about the mail; names and values must be of
    A-Z, a-z, 0-9, _ and -.

    Raises:
        Refused: surely not accepted.
        InDoubt: the answer never came, or says nothing.
    """
    try:
        answer = client().send_email(
            FromEmailAddress=sender,
            Destination={"ToAddresses": [to]},
            Content={"Raw": {"Data": message}},
            EmailTags=[{"Name": name, "Value": value} for name, value in tags.items()],
        )
        return str(answer["MessageId"])
    except _NOT_SENT as error:
        raise Refused(type(error).__name__, is_final=False) from error
    except exceptions.ClientError as error:
        raise _judged(error) from error
    except Exception as error:
        # Whatever else broke, it may have broken after SES had read the mail.
        raise InDoubt(type(error).__name__) from error


def _judged(error: exceptions.ClientError) -> Refused | InDoubt:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    problem = error.response.get("Error", {})
    code, reason = problem.get("Code", ""), f"{problem.get('Code', '')}: {problem.get('Message', '')}"
    if status in _REFUSALS:
        return Refused(reason, is_final=status not in _MAY_PASS_STATUS and code not in _MAY_PASS)
    return InDoubt(f"{status} {reason}")


class _Account:
    """What SES lets this account do, asked every five minutes, and soon again where it did not say."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rate = _SANDBOX_RATE
        self._ask_at = 0.0

    def max_send_rate(self) -> float:
        with self._lock:
            if time.monotonic() >= self._ask_at:
                wait = _ACCOUNT_READ_EVERY_S if self._is_told() else _ACCOUNT_ASKED_AGAIN_S
                self._ask_at = time.monotonic() + wait
            return self._rate

    def _is_told(self) -> bool:
        try:
            rate = float(client().get_account()["SendQuota"]["MaxSendRate"])
        except (exceptions.BotoCoreError, exceptions.ClientError, KeyError) as error:
            log.warning("GetAccount failed (%s); still sending at most %g a second", type(error).__name__, self._rate)
            return False
        self._rate = rate if rate > 0 else _SANDBOX_RATE
        return True


@cache
def _account() -> _Account:
    return _Account()


def max_send_rate() -> float:
    """Return how many mails a second SES accepts from this account, as it last said."""
    return _account().max_send_rate()
