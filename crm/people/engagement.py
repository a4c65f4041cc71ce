"""What a person's engagement score is made of, as their page lists it: each thing they did, with its points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from crm.search import engine, score
from crm.search.documents import EngagementDocument
from crm.search.score import Contribution, Deed

_LABELS = {
    "events_attended": "Attended events",
    "events_registered": "Places at events",
    "mails_clicked": "Mails clicked in",
    "mails_opened": "Mails opened",
}
# What an event or a campaign is called, and where it is shown.
_Known = Mapping[str, tuple[str, str]]
_GONE = ("One that is gone", "")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that somebody did: to which event or mail, where that is shown ('' : nowhere), when, for how much."""

    title: str
    url: str
    at: datetime
    points: int


@dataclass(frozen=True, slots=True)
class Group:
    """What somebody did of one kind, latest first."""

    label: str
    lines: Sequence[Line]

    @property
    def points(self) -> int:
        """The sum of its lines."""
        return sum(line.points for line in self.lines)


@dataclass(frozen=True, slots=True)
class Engagement:
    """A score, by the kinds of what it is made of."""

    groups: Sequence[Group]

    @property
    def points(self) -> int:
        """The score: the sum of its groups."""
        return sum(group.points for group in self.groups)


def of(person_id: str) -> Engagement:
    """Add up somebody's score from the rows of what they did."""
    half, full = score.starts()
    found = score.contributions(engine.store().deeds(person_id, half), full)
    known = _known([one.deed for one in found])
    groups = [Group(label, _lines(found, field, known)) for field, label in _LABELS.items()]
    return Engagement([group for group in groups if group.lines])


def _lines(found: Sequence[Contribution], field: str, known: _Known) -> list[Line]:
    return [
        Line(*known.get(_source(one.deed), _GONE), at=one.at, points=one.points) for one in found if one.field == field
    ]


def _source(deed: Deed) -> str:
    """Return the id of the event, or of what a mail was about: its campaign or its event."""
    return deed.mail_id.partition("/")[0] if isinstance(deed, EngagementDocument) else deed.event_id


def _known(deeds: Sequence[Deed]) -> _Known:
    store = engine.store()
    campaigns = {deed.campaign_id for deed in deeds if isinstance(deed, EngagementDocument) and deed.campaign_id}
    events = {_source(deed) for deed in deeds} - campaigns
    named = {
        key: (one.name, reverse("campaign", args=[key])) for key, one in store.campaigns_by_id([*campaigns]).items()
    }
    titled = {key: (one.title, reverse("event", args=[key])) for key, one in store.events_by_id([*events]).items()}
    return {**named, **titled}
