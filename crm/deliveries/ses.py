"""The one call that sends a mail, and what its outcome says: accepted, surely not accepted, or nobody knows.

SES has no token against sending twice, so nothing below the outbox may ever repeat a call: one attempt, and the
outbox decides. (By default boto3 posts one mail three times when the answer is late.)
"""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from functools import cache
from typing import Any, Protocol, cast

import boto3
from botocore import exceptions
from botocore.config import Config

from crm.core import aws, clock
from crm.core.agent import USER_AGENT

log = logging.getLogger(__name__)

_CONFIG = Config(
    retries={"total_max_attempts": 1, "mode": "standard"},
    connect_timeout=3,
    read_timeout=5,
    max_pool_connections=64,
    parameter_validation=False,
    user_agent=USER_AGENT,
)
# Raised before anything was sent.
_NOT_SENT = (
    exceptions.ConnectTimeoutError,
    exceptions.EndpointConnectionError,
    exceptions.ProxyConnectionError,
)
_NO_CREDENTIALS = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
)
# Refusals that are about the moment, not about this mail.
_MAY_PASS = frozenset(
    {
        "LimitExceededException",
        "NotFoundException",
        "RequestExpired",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_REFUSALS = range(400, 500)
_MAY_PASS_STATUS = frozenset({408, 429})
_REASON_SHOWN = 200
# Why SES takes no mail at all, as staff read it. Mail waits until it does.
PAUSED, SUSPENDED = "SES has paused sending for this account", "SES has suspended this account"
SHUT_DOWN = "SES has shut down sending for this account"
MAIL_FROM_UNVERIFIED = "SES has not verified the MAIL FROM domain"
SENDER_UNVERIFIED = "SES has not verified the sender's address"
FORBIDDEN = "SES does not let this program send: check its credentials and permissions"
QUOTA_USED, SOME_QUOTA_USED = "The daily quota of {} mails is used up", "The daily quota is used up"
_STOPS = {
    "AccountSuspendedException": SUSPENDED,
    "MailFromDomainNotVerifiedException": MAIL_FROM_UNVERIFIED,
    "SendingPausedException": PAUSED,
}
_FORBIDDEN = frozenset({401, 403})
_UNVERIFIED, _DAILY = "Email address is not verified", "Daily message quota exceeded"


class Refused(Exception):
    """SES surely did not accept the mail. `is_final`: nor will it accept this mail later.

    `stop`: why it takes no mail at all from this account, in words; empty where it is about this mail or moment.
    """

    def __init__(self, reason: str, *, is_final: bool, stop: str = "") -> None:
        super().__init__(reason)
        self.reason = reason[:_REASON_SHOWN]
        self.is_final = is_final
        self.stop = stop


class InDoubt(Exception):
    """SES may or may not have accepted the mail."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason[:_REASON_SHOWN]


@dataclass(frozen=True, slots=True)
class Account:
    """What SES grants: `rate` mails a second and `most` within 24 hours, of which `used` are; none while there is a
    `stop`. `told_at`: when SES said so, None where it has not yet."""

    rate: float
    most: float = math.inf
    used: float = 0.0
    stop: str = ""
    told_at: datetime | None = None

    @property
    def left(self) -> float:
        """How many more it takes until 24 hours have passed."""
        return self.most - self.used

    @property
    def is_unlimited(self) -> bool:
        """Whether there is no daily quota."""
        return math.isinf(self.most)


# What SES grants an account in its sandbox; taken for granted until it has said what ours may.
SANDBOX = Account(rate=1.0)


class Client(Protocol):
    """The operations of SES v2 that the product uses."""

    def send_email(self, **request: Any) -> dict[str, Any]: ...  # noqa: ANN401 - as AWS names them
    def get_account(self) -> dict[str, Any]: ...


@cache
def client() -> Client:
    """Return the process's one client; it may be used from all threads."""
    return cast("Client", boto3.session.Session(botocore_session=aws.session()).client("sesv2", config=_CONFIG))


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
    except _NO_CREDENTIALS as error:
        raise Refused(type(error).__name__, is_final=False, stop=FORBIDDEN) from error
    except exceptions.ClientError as error:
        raise _judged(error, sender, to) from error
    except Exception as error:
        # Whatever else broke, it may have broken after SES had read the mail.
        raise InDoubt(type(error).__name__) from error


def _judged(error: exceptions.ClientError, sender: str, to: str) -> Refused | InDoubt:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    problem = error.response.get("Error", {})
    code, message = problem.get("Code", ""), problem.get("Message", "")
    if status not in _REFUSALS:
        return InDoubt(f"{status} {code}: {message}")
    stop = _STOPS.get(code, "") or _stop_told(message, sender, to)
    if not stop and status in _FORBIDDEN and code != "RequestExpired":
        stop = FORBIDDEN
    may_pass = bool(stop) or status in _MAY_PASS_STATUS or code in _MAY_PASS
    return Refused(f"{code}: {message}", is_final=not may_pass, stop=stop)


def _stop_told(message: str, sender: str, to: str) -> str:
    """Return what only the words of a refusal tell."""
    if _DAILY in message:
        return SOME_QUOTA_USED
    # In the sandbox SES says the same of addressees; it names whose address it is.
    is_addressee = to.lower() in message.lower() and parseaddr(sender)[1].lower() not in message.lower()
    return SENDER_UNVERIFIED if _UNVERIFIED in message and not is_addressee else ""


def account() -> Account | None:
    """Ask SES what it grants this account at present. None where it did not say."""
    try:
        answer = client().get_account()
        quota = answer["SendQuota"]
        rate, most, used = float(quota["MaxSendRate"]), float(quota["Max24HourSend"]), quota.get("SentLast24Hours", 0)
    except (exceptions.BotoCoreError, exceptions.ClientError, KeyError) as error:
        log.warning("GetAccount failed (%s)", type(error).__name__)
        return None
    # -1 stands for an unlimited quota.
    most = math.inf if most < 0 else most
    stop = _stop(answer, most, most - float(used))
    return Account(rate if rate > 0 else SANDBOX.rate, most, float(used), stop, clock.now())


def _stop(answer: Mapping[str, Any], most: float, left: float) -> str:
    if answer.get("EnforcementStatus") == "SHUTDOWN":
        return SHUT_DOWN
    if not answer.get("SendingEnabled", True):
        return PAUSED
    return QUOTA_USED.format(f"{most:,.0f}") if left <= 0 else ""
