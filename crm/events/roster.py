"""The people on an event's lists, as its pages show them: registrations joined with names, from the read model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crm.search import engine
from crm.search.documents import PersonDocument, RegistrationDocument
from crm.search.store import Page

PAGE_SIZE = 20
WAITING_SHOWN = 5
_NOBODY = "Deleted person"

# What each tab shows: arguments of SearchStore.registrations.
_TABS: dict[str, tuple[str, dict[str, object]]] = {
    "": ("All", {}),
    "registered": ("Registered", {"status": "registered"}),
    "to-come": ("To come", {"status": "registered", "checked_in": False}),
    "in": ("In", {"status": "registered", "checked_in": True}),
    "waitlisted": ("Waitlisted", {"status": "waitlisted", "sort": "waitlistedAt"}),
    "cancelled": ("Cancelled", {"status": "cancelled"}),
}
OF_PLAIN_EVENT = ("", "registered", "waitlisted", "cancelled")
OF_CHECKED_EVENT = ("", "registered", "to-come", "in", "waitlisted", "cancelled")
AT_THE_DOOR = ("registered", "to-come", "in")


@dataclass(frozen=True, slots=True)
class Guest:
    """One row. `state` is registered, checked-in, waitlisted or cancelled; `since` when it became so.

    `came_by`: the last touch in words, empty where they came directly.
    """

    person_id: str
    name: str
    email: str
    state: str
    since: datetime | None
    is_known: bool
    came_by: str

    @property
    def may_check_in(self) -> bool:
        """Whether the door may let them in."""
        return self.state == "registered"

    @property
    def is_in(self) -> bool:
        """Whether they are here already."""
        return self.state == "checked-in"

    @property
    def may_cancel(self) -> bool:
        """Whether they hold, or wait for, a place."""
        return self.state != "cancelled"


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab over the list with the number of rows it opens."""

    key: str
    label: str
    count: int
    is_current: bool


def tabs(event_id: str, keys: Sequence[str], current: str, text: str) -> list[Tab]:
    """Return the tabs of an event's list; each count is of the rows that the tab opens for this search."""
    return [Tab(key, _TABS[key][0], page(event_id, key, text=text, limit=1).total, key == current) for key in keys]


def page(
    event_id: str, tab: str, *, text: str = "", limit: int = PAGE_SIZE, cursor: str | None = None
) -> Page[RegistrationDocument]:
    """Return a page of what a tab shows; an unknown tab shows everybody."""
    _, wanted = _TABS.get(tab, _TABS[""])
    found: Page[RegistrationDocument] = engine.store().registrations(
        event_id=event_id,
        text=text,
        limit=limit,
        cursor=cursor,
        **wanted,  # type: ignore[arg-type]
    )
    return found


def guests(registrations: Sequence[RegistrationDocument]) -> list[Guest]:
    """Join registrations with the people's names."""
    people = engine.store().people_by_id([row.person_id for row in registrations])
    return [_guest(row, people.get(row.person_id)) for row in registrations]


def _guest(row: RegistrationDocument, person: PersonDocument | None) -> Guest:
    since = {"registered": row.registered_at, "waitlisted": row.waitlisted_at, "cancelled": row.cancelled_at}
    is_in = row.status == "registered" and row.checked_in_at is not None
    return Guest(
        person_id=row.person_id,
        name=_NOBODY if person is None else person.name,
        email="" if person is None else person.email,
        state="checked-in" if is_in else row.status,
        since=row.checked_in_at if is_in else since.get(row.status),
        is_known=person is not None,
        came_by=row.last_touch.words if row.last_touch else "",
    )
