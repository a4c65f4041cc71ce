"""What people can be filtered and sorted by. A field's kind says which operators it takes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The type of a field's values."""

    TEXT = "text"
    TAGS = "tags"
    NUMBER = "number"
    SCORE = "score"
    TIME = "time"
    FLAG = "flag"
    ID = "id"
    SEARCH = "search"
    WORDS = "words"
    CAMPAIGN = "campaign"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Field:
    """`name` is the document's attribute; `camel` the API's name; `label` what staff read."""

    name: str
    label: str
    kind: Kind

    @property
    def camel(self) -> str:
        """The name as JSON spells it."""
        return camel(self.name)


def camel(name: str) -> str:
    """Turn `job_title` into `jobTitle`."""
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


_ALL = (
    Field("id", "Id", Kind.ID),
    Field("q", "Text", Kind.SEARCH),
    Field("email", "E-mail", Kind.TEXT),
    Field("first_name", "First name", Kind.TEXT),
    Field("last_name", "Last name", Kind.TEXT),
    Field("phone_number", "Phone number", Kind.TEXT),
    Field("phone_e164", "Phone, international", Kind.TEXT),
    Field("avatar", "Avatar", Kind.TEXT),
    Field("gender", "Gender", Kind.TEXT),
    Field("job_title", "Job title", Kind.TEXT),
    Field("company", "Company", Kind.TEXT),
    Field("city", "City", Kind.TEXT),
    Field("state", "State", Kind.TEXT),
    Field("tags", "Tag", Kind.TAGS),
    Field("events_registered", "Events registered", Kind.NUMBER),
    Field("events_attended", "Events attended", Kind.NUMBER),
    Field("events_hosted", "Events hosted", Kind.NUMBER),
    # Whoever has a place, or runs it, though it was called off: they are whom to tell.
    Field("registered_for", "Registered for", Kind.EVENT),
    Field("attended_event", "Attended", Kind.EVENT),
    Field("hosted_event", "Hosted", Kind.EVENT),
    Field("unsubscribed", "Unsubscribed", Kind.FLAG),
    Field("unsubscribed_from", "Unsubscribed from", Kind.WORDS),
    Field("suppressed", "Suppressed", Kind.FLAG),
    # Whoever's mail of it was accepted, whatever came later.
    Field("got_campaign", "Got the mail of", Kind.CAMPAIGN),
    # By a human, as far as one can tell from what was done.
    Field("opened_campaign", "Opened the mail of", Kind.CAMPAIGN),
    Field("clicked_campaign", "Clicked in the mail of", Kind.CAMPAIGN),
    # Mails of campaigns and confirmations, accepted; how many of them a human opened, or clicked in.
    Field("mails_received", "Mails received", Kind.NUMBER),
    Field("mails_opened", "Mails opened", Kind.NUMBER),
    Field("mails_clicked", "Mails clicked", Kind.NUMBER),
    # See search/score.py: from what happened within a year, so that it takes no period of its own.
    Field("engagement", "Engagement score", Kind.SCORE),
    Field("created_at", "Created", Kind.TIME),
    Field("updated_at", "Changed", Kind.TIME),
)
FIELDS: Mapping[str, Field] = {field.name: field for field in _ALL}
# Both spellings, so that nobody has to remember which one a parameter takes.
BY_ANY_NAME: Mapping[str, Field] = {name: field for field in _ALL for name in (field.name, field.camel)}
# Fields whose values many people share: what a filter's matches have most often can be asked of these.
FACETS = ("company", "city", "state", "job_title", "gender", "tags", "unsubscribed_from")

NO_VALUE, ONE, TWO, MANY = "none", "one", "two", "many"
# How many values each operator takes. A time is `after` from that very moment on, and a `between` of times leaves out
# its end, so that neighbouring periods share no moment; a `between` of numbers includes both.
ARITY: Mapping[str, str] = {
    "is": ONE,
    "is_not": ONE,
    "one_of": MANY,
    "contains": ONE,
    "starts_with": ONE,
    "empty": NO_VALUE,
    "not_empty": NO_VALUE,
    "at_least": ONE,
    "at_most": ONE,
    "between": TWO,
    "before": ONE,
    "after": ONE,
    "in_last_days": ONE,
    "matches": ONE,
}
OPERATORS: Mapping[Kind, tuple[str, ...]] = {
    Kind.TEXT: ("is", "is_not", "one_of", "contains", "starts_with", "empty", "not_empty"),
    Kind.TAGS: ("is", "is_not", "one_of", "empty", "not_empty"),
    Kind.NUMBER: ("is", "is_not", "at_least", "at_most", "between"),
    Kind.SCORE: ("at_least", "at_most", "between"),
    Kind.TIME: ("before", "after", "between", "in_last_days"),
    Kind.FLAG: ("is",),
    Kind.ID: ("is", "one_of"),
    Kind.SEARCH: ("matches",),
    Kind.WORDS: ("is", "is_not", "one_of", "empty", "not_empty"),
    Kind.CAMPAIGN: ("is", "is_not", "one_of"),
    Kind.EVENT: ("is", "is_not", "one_of"),
}
