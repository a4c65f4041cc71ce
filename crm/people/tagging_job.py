"""Putting tags on many people and taking them off: what such a job is, and what it makes of one person's tags."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crm.core import errors
from crm.core.text import has_controls
from crm.people.entities import MAX_TAG_LENGTH, MAX_TAGS, each_once
from crm.search.filters import Filter
from crm.search.text import match_key

CHOOSING, WORKING, DONE, CANCELLED = "choosing", "working", "done", "cancelled"
# What becomes of a person: tagged anew; as they are; deleted meanwhile; has as many tags as one may have.
CHANGED, SAME, GONE, FULL = "changed", "same", "gone", "full"
OUTCOMES = (CHANGED, SAME, GONE, FULL)
_STATES = {CHOOSING: "Looking whom it is for", WORKING: "Under way", DONE: "Done", CANCELLED: "Stopped"}
# As many of the newest jobs as are listed.
LISTED = 20


@dataclass(frozen=True, slots=True)
class Tags:
    """Which tags to put on and which to take off."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        """What is done, as a list of jobs says it."""
        told = (("put on", self.add), ("take off", self.remove))
        said = "; ".join(f"{verb} {', '.join(tags)}" for verb, tags in told if tags)
        return said[:1].upper() + said[1:]


@dataclass(frozen=True, slots=True)
class Tagging:
    """A job over the people whom `where` matched once, or who were ticked.

    `total`: how many, None while they are being chosen. Of these the first `next_row` are done. `freeze_id` names the
    list of their ids.
    """

    id: str
    where: Filter
    tags: Tags
    state: str
    actor: str
    started_at: datetime
    freeze_id: str = ""
    total: int | None = None
    next_row: int = 0
    changed: int = 0
    same: int = 0
    gone: int = 0
    full: int = 0

    @property
    def state_in_words(self) -> str:
        """The state as pages say it."""
        return _STATES[self.state]

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in (DONE, CANCELLED)


def cleaned(given: Tags) -> Tags:
    """Return the tags trimmed, each once.

    Raises:
        errors.Invalid: naming `add` or `remove`: no tag at all, one in both, too many, too long, not printable.
    """
    add, remove = each_once(given.add), each_once(given.remove)
    problems = {name: why for name, tags in (("add", add), ("remove", remove)) if (why := _problem(tags))}
    if not add and not remove:
        problems["add"] = "Name a tag to put on, or one to take off."
    if both := {match_key(tag) for tag in add} & {match_key(tag) for tag in remove}:
        problems["remove"] = f"This is to be put on, too: {', '.join(sorted(both))}."
    if problems:
        raise errors.Invalid(problems)
    return Tags(add, remove)


def retagged(tags: Iterable[str], change: Tags) -> tuple[str, ...]:
    """Return somebody's tags after the change. Case does not tell tags apart; who has one keeps its spelling."""
    off = {match_key(tag) for tag in change.remove}
    kept = [tag for tag in tags if match_key(tag) not in off]
    have = {match_key(tag) for tag in kept}
    return (*kept, *(tag for tag in change.add if match_key(tag) not in have))


def outcome(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    """Return what the change does to somebody with the tags `before`."""
    if after == before:
        return SAME
    return FULL if len(after) > MAX_TAGS else CHANGED


def _problem(tags: tuple[str, ...]) -> str:
    if len(tags) > MAX_TAGS or any(len(tag) > MAX_TAG_LENGTH or has_controls(tag) for tag in tags):
        return f"At most {MAX_TAGS} tags of {MAX_TAG_LENGTH} characters."
    return ""
