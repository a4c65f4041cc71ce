"""Who may be mailed: people and suppressions, read consistently together."""

import time
from collections.abc import Iterable, Set

from crm.deliveries.entities import DELETED, NO_ADDRESS, SUPPRESSED, UNSUBSCRIBED
from crm.people import repository as people
from crm.people.entities import Person
from crm.suppressions import repository as suppressions


class Standing:
    """Some people as they were when this was made. Used from several threads, changed by none."""

    def __init__(self, person_ids: Iterable[str]) -> None:
        self._read_at = time.monotonic()
        self._people = people.find_many(person_ids)
        addresses = (person.fields.email for person in self._people.values())
        found = suppressions.which(address for address in addresses if address)
        self._barred = found.keys()
        self._unreachable = {address for address, stops_all in found.items() if stops_all}

    @property
    def age_s(self) -> float:
        """Seconds since the reading began."""
        return time.monotonic() - self._read_at

    def of(self, person_id: str, kind: str = "") -> tuple[Person | None, str]:
        """Return somebody and why they get no campaign's mail of this kind, empty where they do. None where deleted."""
        person = self._people.get(person_id)
        return person, reason_to_leave_out(person, self._barred, kind)

    def of_asked(self, person_id: str) -> tuple[Person | None, str]:
        """Return somebody and why they do not even get what they asked for themselves: they bounced or complained."""
        person = self._people.get(person_id)
        reason = reason_to_leave_out(person, self._unreachable)
        return person, "" if reason == UNSUBSCRIBED else reason


def reason_to_leave_out(person: Person | None, barred: Set[str], kind: str = "") -> str:
    """Return why a campaign's mail of a kind does not go to somebody, empty where it does.

    `barred`: suppressed addresses. Without a kind only those who want no campaign mail at all have unsubscribed.
    """
    if person is None:
        return DELETED
    if not person.fields.email:
        return NO_ADDRESS
    if person.fields.email in barred:
        return SUPPRESSED
    return UNSUBSCRIBED if person.has_unsubscribed(kind) else ""
