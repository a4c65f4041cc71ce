"""What the page of one person shows: themselves from DynamoDB, the rest from the read model."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from crm.analytics import deeds
from crm.analytics import engine as analytics
from crm.analytics.report import LABELS as LABELS_OF_MAILS
from crm.analytics.store import MailEngagement
from crm.audit.entities import AuditEntry
from crm.core import clock
from crm.people import engagement, queries
from crm.people.engagement import Engagement
from crm.people.entities import AGREED, Person, PersonFields
from crm.search import engine
from crm.search.documents import DeliveryDocument, EventDocument, RegistrationDocument
from crm.search.store import Page
from crm.staff import names

SHOWN, OFFERED = 50, 8
_NOTHING = MailEngagement()
SHARED = ("company", "job_title", "city", "state", "gender")
SHOWN_FACTS = ("email", "phone_number", "gender", "job_title", "company", "city", "state", "avatar")
LABELS = {name: name.replace("_", " ").capitalize() for name in PersonFields.__dataclass_fields__} | {
    "email": "E-mail",
    "phone_number": "Phone",
    "avatar": "Picture",
}


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """A registration with its event, which is None where the event is gone. `state` counts check-in as one."""

    registration: RegistrationDocument
    event: EventDocument | None
    state: str
    at: datetime | None

    @property
    def came_by(self) -> str:
        """Where the person came from, in words; empty where they came directly."""
        touch = self.registration.last_touch
        return touch.words if touch else ""

    @property
    def may_cancel(self) -> bool:
        """Whether there is a place, or one in the line, to give up."""
        return self.state in ("registered", "waitlisted") and self.registration.event_start_at > clock.now()


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail with what it was about. `did`: what was done with it, in words."""

    delivery: DeliveryDocument
    title: str
    did: str

    @property
    def state(self) -> str:
        """What became of a sent mail, and of any other its state."""
        return self.delivery.outcome or self.delivery.state

    @property
    def label(self) -> str:
        """That state, as every list of mails calls it; empty where its own name will do."""
        return LABELS_OF_MAILS.get(self.state, "")


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing somebody did to this person, in words."""

    icon: str
    lines: Sequence[str]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything on the page. `left_out` says why no campaign reaches this person, empty where one does."""

    person: Person
    left_out: str
    registrations: Sequence[RegistrationRow]
    registration_count: int
    open_events: Sequence[EventDocument]
    mails: Sequence[MailRow]
    mail_count: int
    engagement: Engagement
    edits: Sequence[Edit]

    @property
    def headline(self) -> str:
        """Title, company and city in one line, as far as they are known."""
        fields = self.person.fields
        work = " at ".join(filter(None, (fields.job_title, fields.company)))
        return ", ".join(filter(None, (work, fields.city)))

    @property
    def mail_words(self) -> str:
        """What became of the mails shown, by state."""
        states = Counter((row.label or row.state).lower() for row in self.mails)
        return ", ".join(f"{number:,} {state}" for state, number in states.most_common()) or "none yet"

    @property
    def facts(self) -> list[tuple[str, str, str]]:
        """Label, value, and the address of everybody who shares it, for each field that is known."""
        fields = self.person.fields
        values = ((name, LABELS[name], getattr(fields, name)) for name in SHOWN_FACTS)
        people = reverse("people")
        return [
            (label, value, f"{people}?{urlencode({name: value})}" if name in SHARED else "")
            for name, label, value in values
            if value
        ]

    @property
    def tags(self) -> list[tuple[str, str]]:
        """Each tag with the address of everybody who has it."""
        people = reverse("people")
        return [(tag, f"{people}?{urlencode({'tags': tag})}") for tag in self.person.fields.tags]


def build(person_id: str) -> Profile:
    """Gather a person's page. Raises errors.NotFound."""
    person = queries.get(person_id)
    store = engine.store()
    registrations = store.registrations(person_id=person_id, limit=SHOWN)
    mails = store.deliveries(person_id=person_id, limit=SHOWN)
    found = store.people_by_id([person_id])
    reasons = queries.left_out(list(found.values()))
    return Profile(
        person=person,
        left_out=reasons.get(person_id, "unsubscribed" if person.unsubscribed else ""),
        registrations=_registrations(registrations),
        registration_count=registrations.total,
        open_events=_open_events(registrations.items),
        mails=_mails(mails),
        mail_count=mails.total,
        engagement=engagement.of(person_id),
        edits=_edits(queries.history(person_id)),
    )


def _registrations(page: Page[RegistrationDocument]) -> list[RegistrationRow]:
    events = engine.store().events_by_id([row.event_id for row in page.items])
    return [RegistrationRow(row, events.get(row.event_id), *_state(row)) for row in page.items]


def _open_events(rows: Sequence[RegistrationDocument]) -> list[EventDocument]:
    """Return the next events to come that this person is not registered for."""
    taken = {row.event_id for row in rows if row.status != "cancelled"}
    coming = engine.store().events(status="published", starts_from=clock.now(), sort="startAt", limit=OFFERED + SHOWN)
    return [event for event in coming.items if event.id not in taken][:OFFERED]


def _state(row: RegistrationDocument) -> tuple[str, datetime | None]:
    if row.status == "cancelled":
        return "cancelled", row.cancelled_at
    if row.checked_in_at:
        return "checked-in", row.checked_in_at
    if row.status == "waitlisted":
        return "waitlisted", row.waitlisted_at
    return "registered", row.registered_at


def _mails(page: Page[DeliveryDocument]) -> list[MailRow]:
    store = engine.store()
    campaigns = store.campaigns_by_id([row.campaign_id for row in page.items if row.campaign_id])
    titles = {key: campaign.name for key, campaign in campaigns.items()}
    did = analytics.store().mail_engagement([row.id for row in page.items])
    return [
        MailRow(row, titles.get(row.campaign_id or "") or row.subject, deeds.words(did.get(row.id, _NOTHING)))
        for row in page.items
    ]


def _edits(entries: Sequence[AuditEntry]) -> list[Edit]:
    by = names.of({entry.actor for entry in entries})
    return [Edit(_ICONS.get(entry.action, "edit"), list(_lines(entry)), by[entry.actor], entry.at) for entry in entries]


_ICONS = {"created": "plus", "deleted": "trash", AGREED: "check"}


def _lines(entry: AuditEntry) -> Iterator[str]:
    if entry.action == AGREED:
        yield f"Agreed: “{entry.after['consent']}”"
        return
    if entry.action != "edited":
        yield {"created": "Added"}.get(entry.action, entry.action.replace("_", " ").capitalize())
        return
    for name, label in LABELS.items():
        if name in entry.before or name in entry.after:
            yield _change(label, entry.before, entry.after, name)


def _change(label: str, before: Mapping[str, object], after: Mapping[str, object], name: str) -> str:
    old, new = _text(before.get(name)), _text(after.get(name))
    if not old:
        return f"{label} set to {new}"
    return f"{label} changed from {old} to {new}" if new else f"{label} {old} removed"


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "")
