"""Whether SES takes mail from this account, and how much: what GetAccount says, and what refusals showed since.

While SES takes none, every process tries one mail in `PROBE_S` (a circuit breaker, half open), so that what waits goes
on by itself once the account is well again. Each process learns for itself; the cost is one refusal each.
"""

import threading
import time
from datetime import UTC, datetime
from functools import cache

from crm.core import clock
from crm.deliveries import ses

PROBE_S = 30.0
_READ_EVERY_S, _ASKED_AGAIN_S = 300.0, 5.0
# The SDK waits for eight seconds where SES is silent; somebody at a page waits no longer than this.
_PAGE_WAITS_S = 1.0
# A campaign's rates count from this many mails on; of fewer the limits are those of this many.
FIRST_MAILS, FIRST_COMPLAINTS = 500, 1_000
MOST_BOUNCED, MOST_COMPLAINED = 0.05, 0.001


class _Health:
    """What this process knows of the account. All threads may use it."""

    def __init__(self) -> None:
        self._asking, self._lock = threading.Lock(), threading.Lock()
        self._account = ses.SANDBOX
        self._is_told = self._is_silent = False
        self._asked_at = self._ask_at = 0.0
        self._refusal = ""
        self._probe_at = 0.0
        self._learned_at = datetime.min.replace(tzinfo=UTC)

    def account(self) -> ses.Account:
        """Return what SES last said, asking again when that is old; one thread asks, the others go on meanwhile."""
        if time.monotonic() >= self._ask_at and self._asking.acquire(blocking=not self._is_told):
            try:
                if time.monotonic() >= self._ask_at:
                    self._ask()
            finally:
                self._asking.release()
        return self._account

    def latest(self) -> tuple[ses.Account, bool]:
        self._ask_at = min(self._ask_at, self._asked_at + _ASKED_AGAIN_S)
        if time.monotonic() >= self._ask_at:
            asking = threading.Thread(target=self.account, name="ses-account", daemon=True)
            asking.start()
            asking.join(_PAGE_WAITS_S)
            # Whoever looks meanwhile finds somebody asking already, and waits no time at all.
            self._is_silent = self._is_silent or asking.is_alive()
        return self._account, self._is_silent

    def _ask(self) -> None:
        told = ses.account()
        self._asked_at = time.monotonic()
        self._is_silent = told is None
        if told is None:
            self._ask_at = time.monotonic() + _ASKED_AGAIN_S
            return
        if told.stop:
            self._learned_at = clock.now()
        self._account, self._is_told = told, True
        # A quota that may be used up sooner is looked at sooner.
        wait = PROBE_S if told.stop else min(_READ_EVERY_S, max(_ASKED_AGAIN_S, told.left / told.rate / 2))
        self._ask_at = time.monotonic() + wait

    def reason(self, since: datetime | None) -> str:
        found = self.account().stop or self._refusal
        return "" if since is not None and self._learned_at < since else found

    def is_waiting(self) -> bool:
        return bool(self.account().stop or (self._refusal and time.monotonic() < self._probe_at))

    def admits(self) -> bool:
        if self.account().stop:
            return False
        if not self._refusal:
            return True
        with self._lock:
            if time.monotonic() < self._probe_at:
                return False
            self._probe_at = time.monotonic() + PROBE_S
            return True

    def refused(self, stop: str) -> None:
        with self._lock:
            self._refusal = stop
            self._learned_at = clock.now()
            self._probe_at = time.monotonic() + PROBE_S

    def accepted(self) -> None:
        if self._refusal:
            with self._lock:
                self._refusal = ""


@cache
def _health() -> _Health:
    return _Health()


def account() -> tuple[ses.Account, bool]:
    """Return what SES says that it grants, or said within the last five seconds: for people, who look at it now.

    With whether it is silent: it gave no answer within a second, or none at all, and what it said last is returned. The
    answer is waited for behind the page, and the next one shows it.
    """
    return _health().latest()


def max_send_rate() -> float:
    """Return how many mails a second SES accepts from this account, as it last said."""
    return _health().account().rate


def stop_reason(since: datetime | None = None) -> str:
    """Return in words why SES takes no mail from this account, empty where it does as far as this process knows.

    `since`: only what was learned later counts, so that what staff resumed is not stopped again for what they know.
    """
    return _health().reason(since)


def is_waiting() -> bool:
    """Whether no mail may be claimed now because SES takes none."""
    return _health().is_waiting()


def admits() -> bool:
    """Ask for each mail, just before it is claimed. While SES takes none, one caller in `PROBE_S` is let through."""
    return _health().admits()


def refused(stop: str) -> None:
    """Remember that SES refused a mail because of the account."""
    _health().refused(stop)


def accepted() -> None:
    """Remember that SES took a mail."""
    _health().accepted()


def too_many(*, bounced: int, complained: int, sent: int) -> str:
    """Return why a campaign must pause itself, in words, empty where it need not.

    `bounced`: hard bounces. More than 5 % of its mails (while there are fewer than 500: of 500) or complaints of more
    than 0.1 % (of 1,000): SES puts an account under review at these rates, measured over a representative volume.
    """
    if bounced > MOST_BOUNCED * max(sent, FIRST_MAILS):
        return f"{bounced} of {sent} mails bounced: more than 5 %"
    if complained > MOST_COMPLAINED * max(sent, FIRST_COMPLAINTS):
        return f"{complained} of {sent} mails were complained about: more than 0.1 %"
    return ""
