"""People who come without a mail of ours, people who change their minds, and the door."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from bench.week import script
from bench.week.diary import Journey
from bench.week.readers import Readers, Somebody
from bench.week.rows import NO_TOUCH, Touch
from bench.week.stage import Stage

_PAGE = 100
_CHECKED_IN, _UNDONE, _GIVEN_UP, _BACK = 0.6, 0.05, 0.1, 0.3
# As people tag their links: with blanks around, with too much, with what is no text at all.
_GOOGLE: Touch = ("google", "cpc", "brand", "")
_LINKED_IN: Touch = ("LinkedIn", "social", "", "")
_ONLY_CAMPAIGN: Touch = ("", "", "poster", "")
_LONG: Touch = ("x" * 100, "email", "", "")


@dataclass(slots=True)
class Walkins:
    """They all look first; `register` sends the forms once they have read."""

    readers: Readers
    slugs: Sequence[str]
    seed: int
    ready: list[Somebody] = field(default_factory=list)
    caught: list[Somebody] = field(default_factory=list)

    @property
    def stage(self) -> Stage:
        """Where it is played."""
        return self.readers.stage

    def come(self, number: int, name: str) -> None:
        """Let so many come, each in a way drawn from the seed; `name` tells them from those of another day."""
        random_ = random.Random(f"{self.seed}/{name}")
        jobs = []
        for place in range(number):
            who = Somebody(f"{name}-{place}@walkins.example", self.stage.browser(random_.choice(script.HUMANS)))
            jobs.append(partial(random_.choice(_WAYS), self, who, random_.choice(self.slugs)))
        self.stage.at_once(jobs)

    def register(self) -> None:
        """Let everybody who looked register, programs among them."""
        self.stage.at_once([partial(self.readers.register, who) for who in self.ready])
        self.stage.at_once([partial(self.readers.register, who, homepage="https://x.example") for who in self.caught])
        self.ready, self.caught = [], []

    def _look(self, who: Somebody, slug: str, touch: Touch = NO_TOUCH, **given: str) -> None:
        query = urlencode(_spelled(touch) | given)
        self.readers.look(who, f"/e/{quote(slug)}{'?' if query else ''}{query}", touch)

    def untagged(self, who: Somebody, slug: str) -> None:
        """Type the address."""
        self._look(who, slug)
        self.ready.append(who)

    def tagged(self, who: Somebody, slug: str) -> None:
        """Come by an advertisement."""
        self._look(who, slug, _GOOGLE)
        self.ready.append(who)

    def twice(self, who: Somebody, slug: str) -> None:
        """Come by two ways, and once more by none."""
        self._look(who, slug, _GOOGLE)
        self._look(who, slug, _LINKED_IN)
        self._look(who, slug)
        self.ready.append(who)

    def half_tagged(self, who: Somebody, slug: str) -> None:
        """Come by a poster that says nothing but its campaign."""
        self._look(who, slug, _ONLY_CAMPAIGN)
        self.ready.append(who)

    def long_tagged(self, who: Somebody, slug: str) -> None:
        """Come by a link whose source is cut."""
        self._look(who, slug, _LONG, utm_source="x" * 150)
        self.ready.append(who)

    def forged(self, who: Somebody, slug: str) -> None:
        """Say that a mail led here, without one."""
        self._look(who, slug, _GOOGLE, via="bm90aGluZw.forged")
        self.ready.append(who)

    def program(self, who: Somebody, slug: str) -> None:
        """Fill in what nobody sees."""
        self._look(who, slug, _GOOGLE)
        self.caught.append(who)

    def over_api(self, who: Somebody, slug: str) -> None:
        """Be registered by another system that knows what led here."""
        self._by_api(who, slug, _LINKED_IN)

    def over_api_untagged(self, who: Somebody, slug: str) -> None:
        """Be registered by another system."""
        self._by_api(who, slug, NO_TOUCH)

    def _by_api(self, who: Somebody, slug: str, touch: Touch) -> None:
        person = json.loads(self.stage.api("POST", "/users", {"email": who.address, "firstName": "Api"}).body)["id"]
        register(self.readers, slug, person, who.address, touch)


_Way = Callable[[Walkins, Somebody, str], None]
_WAYS: Sequence[_Way] = (
    Walkins.untagged,
    Walkins.untagged,
    Walkins.tagged,
    Walkins.twice,
    Walkins.half_tagged,
    Walkins.long_tagged,
    Walkins.forged,
    Walkins.program,
    Walkins.over_api,
    Walkins.over_api_untagged,
)


def _spelled(touch: Touch) -> dict[str, str]:
    names = ("utm_source", "utm_medium", "utm_campaign")
    return {name: f" {value} " for name, value in zip(names, touch, strict=False) if value}


def register(readers: Readers, slug: str, person: str, address: str, touch: Touch) -> None:
    """Register somebody over the API."""
    event = _event_id(readers.stage, slug)
    names = ("utm_source", "utm_medium", "utm_campaign")
    tags = {name: value for name, value in zip(names, touch, strict=False) if value}
    answer = readers.stage.api("POST", f"/events/{event}/register", {"user_id": person, **tags})
    if answer.status not in {200, 201}:
        readers.diary.wrong(f"the API answered {answer.status} to {address} at {slug}")
    journey = Journey()
    journey.came(touch)
    readers.diary.registered(slug, address, journey)


def _event_id(stage: Stage, slug: str) -> str:
    items = json.loads(stage.api("GET", "/events?limit=100").body)["items"]
    return str(next(item["id"] for item in items if item["slug"] == slug))


def registered(stage: Stage, event_id: str, status: str = "registered") -> list[dict[str, Any]]:
    """Return an event's registrations of a status, as the API lists them."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        path = f"/events/{event_id}/registrations?status={status}&limit={_PAGE}{cursor and '&cursor=' + quote(cursor)}"
        page = json.loads(stage.api("GET", path).body)
        found += page["items"]
        cursor = page.get("next") or ""
        if not cursor:
            return sorted(found, key=lambda one: one["userId"])


def give_up(readers: Readers, events: Mapping[str, str], name: str) -> None:
    """Let some of those who have a place give it up, half of them by their mail's link; some come back by the API.

    `events`: slug -> id.
    """
    stage, jobs = readers.stage, []
    for slug, event_id in events.items():
        places = {letter.mail.split("/")[1]: letter.place for letter in stage.letters(event_id) if letter.place}
        for one in registered(stage, event_id):
            random_ = random.Random(f"{readers.seed}/{name}/{slug}/{_address(readers, one['userId'])}")
            if random_.random() < _GIVEN_UP:
                link = places.get(one["userId"], "") if random_.random() < 0.5 else ""
                is_back = random_.random() < _BACK
                jobs.append(partial(_leave, readers, slug, event_id, one["userId"], link, is_back=is_back))
    stage.at_once(jobs)


def _leave(readers: Readers, slug: str, event_id: str, person: str, link: str, *, is_back: bool) -> None:
    stage, address = readers.stage, _address(readers, person)
    if link:
        answer = stage.browser(script.HUMANS[0]).post(link, {})
    else:
        answer = stage.api("DELETE", f"/events/{event_id}/registrations/{person}")
    if answer.status not in {204, 303}:
        readers.diary.wrong(f"{address} could not give up {slug}: {answer.status}")
        return
    readers.diary.gave_up(slug, address)
    if is_back:
        register(readers, slug, person, address, _LINKED_IN)


def _address(readers: Readers, person: str) -> str:
    if person not in readers.addresses:
        found = json.loads(readers.stage.api("GET", f"/users/{person}").body)
        readers.addresses[person] = str(found["email"]).lower()
    return readers.addresses[person]


def check_in(stage: Stage, event_id: str, seed: int) -> None:
    """Let most of them in at the door; some by mistake."""
    staff, jobs = stage.staff, []
    token = {"X-CSRFToken": staff.cookies["csrftoken"][1]}
    for one in registered(stage, event_id):
        random_ = random.Random(f"{seed}/door/{one['userId']}")
        path, who = f"/dashboard/events/{event_id}/check-in/", {"person_id": one["userId"]}
        if random_.random() < _CHECKED_IN:
            paths = [path, f"{path}undo/"] if random_.random() < _UNDONE else [path]
            jobs.append(partial(_post_all, stage, paths, who, token))
    stage.at_once(jobs)


def _post_all(stage: Stage, paths: Sequence[str], form: Mapping[str, str], headers: Mapping[str, str]) -> None:
    for path in paths:
        answer = stage.staff.post(path, form, **headers)
        assert answer.status in {200, 302, 303}, (path, answer.status)
