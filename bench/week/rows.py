"""What DynamoDB holds, read past the product: plain rows of mails, deeds, places, events, people and campaigns."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

# UTM source, medium, campaign, and the id of a campaign of ours.
Touch = tuple[str, str, str, str]
NO_TOUCH: Touch = ("", "", "", "")

_plain = TypeDeserializer()
# A link in a mail's Markdown.
_LINK = re.compile(r"https?://[^)\s]+")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. `id` is campaign or event / person / step; `campaign_id` is empty for confirmations."""

    id: str
    campaign_id: str
    person_id: str
    utm: tuple[str, str, str]
    state: str
    state_at: datetime
    reason: str
    outcome: str
    is_hard_bounce: bool


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done with a mail, by a human or not."""

    mail_id: str
    person_id: str
    kind: str
    link: int
    why: str


@dataclass(frozen=True, slots=True)
class Event:
    """An event with its own counters."""

    id: str
    title: str
    slug: str
    status: str
    start_at: datetime
    end_at: datetime
    taken: int
    waiting: int
    checked_in: int
    uses_check_in: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody at an event."""

    event_id: str
    person_id: str
    status: str
    registered_at: datetime | None
    first: Touch
    last: Touch
    attended: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody."""

    id: str
    email: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign of ours. `links`: the addresses in its mail, in their order, as whoever wrote it did."""

    id: str
    name: str
    state: str
    matched: int
    utm: tuple[str, str, str]
    links: Sequence[str]


@dataclass(frozen=True, slots=True)
class Rows:
    """All of it."""

    mails: Sequence[Mail]
    deeds: Sequence[Deed]
    events: Mapping[str, Event]
    places: Sequence[Place]
    people: Mapping[str, Person]
    campaigns: Mapping[str, Campaign]


def read(dynamodb: Any) -> Rows:  # noqa: ANN401 - boto3's client
    """Read both tables whole, consistently."""
    crm, outbox = (list(_items(dynamodb, table)) for table in ("crm", "crm_outbox"))
    kinds: dict[str, list[dict[str, Any]]] = {}
    for item in [*crm, *outbox]:
        kinds.setdefault(item["type"], []).append(item)
    events = {one.id: one for one in map(_event, kinds.get("event", []))}
    bodies = {item["pk"]: item["body"] for item in sorted(kinds.get("body", []), key=lambda item: item["sk"])}
    return Rows(
        mails=[_mail(item) for item in kinds.get("delivery", []) if item["kind"] != "test"],
        deeds=[_deed(item) for item in kinds.get("engagement", [])],
        events=events,
        places=[_place(item, events) for item in kinds.get("registration", []) if not item.get("deleted")],
        people={one.id: one for one in map(_person, kinds.get("person", [])) if one.email},
        campaigns={one.id: one for one in (_campaign(item, bodies) for item in kinds.get("campaign", []))},
    )


def _items(dynamodb: Any, table: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - as above
    pages: Iterable[Any] = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    for page in pages:
        for item in page["Items"]:
            yield {name: _plain.deserialize(value) for name, value in item.items()}


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)


def _utm(item: Mapping[str, Any]) -> tuple[str, str, str]:
    source, medium, campaign = (str(item.get(f"utm_{name}") or "") for name in ("source", "medium", "campaign"))
    return source, medium, campaign


def _mail(item: Mapping[str, Any]) -> Mail:
    _, source, _ = item["pk"].split("#")
    person, step = item["sk"].split("#", 1)
    return Mail(
        id=f"{source}/{person}/{step}",
        campaign_id=source if item["kind"] == "campaign" else "",
        person_id=person,
        utm=_utm(item),
        state=item["state"],
        state_at=_time(item["state_at"]),
        reason=item.get("reason") or "",
        outcome=item.get("outcome") or "",
        is_hard_bounce=bool(item.get("is_hard_bounce")),
    )


def _deed(item: Mapping[str, Any]) -> Deed:
    _, source, _ = item["pk"].split("#")
    person, rest = item["sk"].split("#", 1)
    step = rest.rsplit("#", 2)[0]
    link = int(item.get("link") or 0)
    return Deed(f"{source}/{person}/{step}", person, item["kind"], link, item.get("why") or "")


def _event(item: Mapping[str, Any]) -> Event:
    return Event(
        id=item["pk"].removeprefix("EVENT#"),
        title=item["title"],
        slug=item["slug"],
        status=item["status"],
        start_at=_time(item["start_at"]),
        end_at=_time(item["end_at"]),
        taken=int(item["taken"]),
        waiting=int(item["waiting"]),
        checked_in=int(item["checked_in"]),
        uses_check_in=bool(item.get("uses_check_in")),
    )


def _place(item: Mapping[str, Any], events: Mapping[str, Event]) -> Place:
    event = events[item["event_id"]]
    has_place = item["status"] == "registered" and event.status != "cancelled"
    is_there = bool(item.get("checked_in_at")) or not event.uses_check_in
    return Place(
        event_id=item["event_id"],
        person_id=item["person_id"],
        status=item["status"],
        registered_at=_time(item["registered_at"]) if item.get("registered_at") else None,
        first=_touch(item.get("first_touch")),
        last=_touch(item.get("last_touch")),
        attended=has_place and is_there,
    )


def _touch(kept: Mapping[str, Any] | None) -> Touch:
    if not kept:
        return NO_TOUCH
    source, medium, campaign, ours = (
        str(kept.get(key) or "") for key in ("source", "medium", "campaign", "campaign_id")
    )
    return source, medium, campaign, ours


def _person(item: Mapping[str, Any]) -> Person:
    return Person(item["pk"].removeprefix("PERSON#"), item.get("email") or "", _time(item["created_at"]))


def _campaign(item: Mapping[str, Any], bodies: Mapping[str, str]) -> Campaign:
    links = _LINK.findall(bodies[item["pk"]])
    matched = int(item.get("matched") or 0)
    return Campaign(item["pk"].removeprefix("CAMPAIGN#"), item["name"], item["state"], matched, _utm(item), links)
