"""The week: five campaigns one after the other, and all that people and programs do meanwhile."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from bench.week import readers as reading
from bench.week import script, walkins
from bench.week.diary import Diary
from bench.week.readers import Readers
from bench.week.script import Mailing
from bench.week.stage import Stage
from bench.week.walkins import Walkins

# What a form asks for at least; what keeps one wave from being taken for part of the one before.
_READING_S, _APART_S, _LATER_S = 3.0, 3.0, 6.0


@dataclass(slots=True)
class Week:
    """What came of playing the script: slug -> event id, name of a mailing -> campaign id, and the diary."""

    diary: Diary
    events: Mapping[str, str]
    campaigns: dict[str, str] = field(default_factory=dict)


def play(stage: Stage, mails: int, seed: int, say: Callable[[str], object]) -> Week:
    """Play the script with about this many mails of campaigns; `say` is told how far it is."""
    week = Week(Diary(), _events(stage, mails))
    readers = Readers(stage, week.diary, seed)
    visitors = Walkins(readers, list(week.events), seed)
    for company, addresses in script.crowds(mails, seed).items():
        stage.crowd(company, addresses)
    for day, mailing in enumerate(script.MAILINGS):
        _mailing(stage, week, readers, mailing)
        visitors.come(max(10, mails // 200), f"day-{day}")
        time.sleep(_READING_S)
        visitors.register()
        say(f"{mailing.name}: sent and read; people register")
        walkins.give_up(readers, week.events, f"day-{day}")
    for slug in ("summit", "workshop"):
        walkins.check_in(stage, week.events[slug], seed)
    _called_off(stage, week.events["workshop"])
    _forgotten(stage, week)
    stage.settle()
    return week


def _mailing(stage: Stage, week: Week, readers: Readers, mailing: Mailing) -> None:
    body = script.body(stage.site, list(week.events))
    campaign = stage.mail(mailing, body, partial(readers.at_delivery, mailing.name))
    week.campaigns[mailing.name] = campaign
    letters = [letter for letter in stage.letters(campaign) if reading.arrives(letter)]
    time.sleep(_LATER_S)
    reading.wave(stage, partial(readers.machines, mailing.name), letters)
    time.sleep(_APART_S)
    reading.wave(stage, partial(readers.people, mailing, campaign), letters)
    time.sleep(_APART_S)
    reading.wave(stage, partial(readers.decisions, mailing), letters)


def _events(stage: Stage, mails: int) -> Mapping[str, str]:
    """Make three events: one with too few places, one without a door, and one that will be called off."""
    start = stage.now() + timedelta(days=30)
    common = {"startAt": start.isoformat(), "endAt": (start + timedelta(hours=3)).isoformat()}
    wanted = {
        "summit": {"maxCapacity": max(5, mails // 100), "usesCheckIn": True},
        "meetup": {"usesCheckIn": False},
        "workshop": {"usesCheckIn": True},
    }
    found = {}
    for slug, given in wanted.items():
        answer = stage.api("POST", "/events", {"title": slug.capitalize(), "slug": slug, **common, **given})
        assert answer.status == 201, answer.body
        found[slug] = str(json.loads(answer.body)["id"])
    return found


def _called_off(stage: Stage, event_id: str) -> None:
    answer = stage.api("PATCH", f"/events/{event_id}", {"status": "cancelled"})
    assert answer.status == 200, answer.body


def _forgotten(stage: Stage, week: Week) -> None:
    """Delete somebody who is registered: their mails stay, their place does not."""
    person = walkins.registered(stage, week.events["meetup"])[0]["userId"]
    address = json.loads(stage.api("GET", f"/users/{person}").body)["email"].lower()
    answer = stage.api("DELETE", f"/users/{person}")
    assert answer.status == 204, answer.body
    for slug in week.events:
        if (slug, address) in week.diary.credits:
            week.diary.gave_up(slug, address)
