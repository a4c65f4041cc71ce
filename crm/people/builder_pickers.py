"""Campaigns and events to choose in the filter builder: those found by what was typed, and those chosen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from crm.search import engine
from crm.search.filters import Kind

FOUND = 20


@dataclass(frozen=True, slots=True)
class Picker:
    """What is chosen from: `noun` says what is looked for; `find` maps ids to names, by a text and what is chosen."""

    noun: str
    find: Callable[[str, Sequence[str]], Mapping[str, str]]


def _campaigns(text: str, chosen: Sequence[str]) -> Mapping[str, str]:
    store = engine.store()
    known = {key: one.name for key, one in store.campaigns_by_id(chosen).items()}
    found = {one.id: f"{one.name}, {one.created_at:%-d %b %Y}" for one in store.campaigns(text=text, limit=FOUND).items}
    return _offered(known | found, chosen, "a campaign that is gone")


def _events(text: str, chosen: Sequence[str]) -> Mapping[str, str]:
    store = engine.store()
    known = {key: one.title for key, one in store.events_by_id(chosen).items()}
    found = {one.id: f"{one.title}, {one.start_at:%-d %b %Y}" for one in store.events(text=text, limit=FOUND).items}
    return _offered(known | found, chosen, "an event that is gone")


def _offered(known: Mapping[str, str], chosen: Sequence[str], gone: str) -> Mapping[str, str]:
    return {**{key: gone for key in chosen if key and key not in known}, **known}


PICKERS: Mapping[Kind, Picker] = {
    Kind.EVENT: Picker("events", _events),
    Kind.CAMPAIGN: Picker("campaigns", _campaigns),
}
