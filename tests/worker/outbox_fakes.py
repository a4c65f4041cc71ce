"""A lane whose every answer a test decides, and the moves that tests of the outbox share."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crm.core import clock, transaction
from crm.deliveries import repository
from crm.deliveries.entities import Delivery
from crm.deliveries.letters import Letter
from crm.people.entities import Person
from crm.suppressions import repository as suppressions
from crm.suppressions.entities import Suppression
from tests import factories
from tests.deliveries import examples
from worker import outbox


@dataclass
class FakeLane:
    """A campaign's lane without a campaign."""

    name: str = "c1"
    kind: str = "newsletter"
    open: bool = True
    why_not: str = ""
    unwritable: bool = False

    def is_open(self) -> bool:
        return self.open

    def reason(self, mail: Delivery) -> str:  # noqa: ARG002 - a lane
        return self.why_not

    def letter(self, mail: Delivery, person: Person) -> Letter:  # noqa: ARG002 - a lane
        if self.unwritable:
            raise ValueError("no such template")
        return Letter("Hello", "Come to https://a.example", "<p>Come</p>")


def never() -> bool:
    return False


def queued(person_id: str, **given: object) -> Delivery:
    """Store a mail that is due."""
    mail = replace(examples.mail(person_id), **given)  # type: ignore[arg-type]
    assert repository.create(mail)
    return mail


def now(mail: Delivery) -> Delivery:
    """Return a mail as it is stored now."""
    found = repository.find(mail.source, mail.shard, mail.person_id, mail.step)
    assert found is not None
    return found


def suppress(email: str, cause: str = "") -> None:
    """Put an address on the do-not-mail list."""
    tx = transaction.begin()
    suppressions.add(tx, Suppression(email, cause or "asked", clock.now(), cause))
    tx.commit()


class Clock:
    """Time that a test moves; it goes on by itself as well."""

    def __init__(self) -> None:
        self._real = clock.now
        self._ahead = self._real() - self._real()

    def now(self) -> datetime:
        return self._real() + self._ahead

    def forward(self, **by: float) -> None:
        self._ahead += timedelta(**by)


def mail_to_somebody(**given: object) -> Delivery:
    """Store a mail that is due to a new person."""
    return queued(factories.person().id, **given)


def drain(pool: ThreadPoolExecutor, lane: FakeLane | None = None, stop: Callable[[], bool] = never) -> int:
    """Drain the queue of a campaign, or another."""
    return outbox.drain(lane or FakeLane(), 0, pool, stop)
