"""What a person is, free of storage."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from crm.core import errors
from crm.core.text import has_controls, trimmed
from crm.search.text import match_key

# What the API calls each field; errors name it so, and forms map it back.
API_NAMES = {
    "first_name": "firstName",
    "last_name": "lastName",
    "phone_number": "phoneNumber",
    "job_title": "jobTitle",
}
MAX_LENGTHS = {"email": 254, "phone_number": 50, "avatar": 2_000}
MAX_LENGTH = 200
MAX_TAGS, MAX_TAG_LENGTH = 50, 50
# What a person's history calls their consent.
AGREED = "agreed"
# Numbers written without a country code are read as this region's.
PHONE_REGION = "US"


@dataclass(frozen=True, slots=True)
class PersonFields:
    """What people type about a person. Empty strings mean unknown; `email` is never empty."""

    email: str
    first_name: str = ""
    last_name: str = ""
    phone_number: str = ""
    avatar: str = ""
    gender: str = ""
    job_title: str = ""
    company: str = ""
    city: str = ""
    state: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A person with the counters that filters use.

    `revision` is raised by edits only (the ETag); `version` by every write. `phone_e164` is empty where the number
    given cannot be read as one. `unsubscribed`: from all campaign mail; `unsubscribed_from`: from
    these kinds of it. `owned` counts the events this person owns; it must be 0 before deletion.
    """

    id: str
    fields: PersonFields
    phone_e164: str
    unsubscribed: bool
    events_registered: int
    events_attended: int
    events_hosted: int
    owned: int
    revision: int
    version: int
    created_at: datetime
    updated_at: datetime
    unsubscribed_from: tuple[str, ...] = ()

    def has_unsubscribed(self, kind: str) -> bool:
        """Tell whether they want no campaign mail of this kind."""
        return self.unsubscribed or kind in self.unsubscribed_from

    @classmethod
    def added(
        cls, person_id: str, fields: PersonFields, now: datetime, unsubscribed_from: tuple[str, ...] = ()
    ) -> "Person":
        """Return somebody just added: no events yet, nothing edited yet."""
        return cls(
            id=person_id,
            fields=fields,
            phone_e164=phone_e164(fields.phone_number),
            unsubscribed=False,
            events_registered=0,
            events_attended=0,
            events_hosted=0,
            owned=0,
            revision=1,
            version=1,
            created_at=now,
            updated_at=now,
            unsubscribed_from=unsubscribed_from,
        )

    @property
    def name(self) -> str:
        """First and last name, or the e-mail address where both are unknown."""
        return f"{self.fields.first_name} {self.fields.last_name}".strip() or self.fields.email


@dataclass(frozen=True, slots=True)
class Charge:
    """How a person's part in running an event changes; `hosted` and `owned` are differences."""

    takes_on: bool = False
    leaves: bool = False
    hosted: int = 0
    owned: int = 0


def each_once(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags trimmed, without empty ones. Case does not tell them apart; the first spelling stays."""
    found = {match_key(tag): tag for tag in reversed([trimmed(tag) for tag in tags]) if tag}
    return tuple(reversed(found.values()))


def cleaned(given: PersonFields) -> PersonFields:
    """Return the fields with white space trimmed at the ends, each tag once.

    Raises:
        errors.Invalid: naming every field that is too long, holds control characters, or is no e-mail address.
    """
    texts = {f.name: trimmed(str(getattr(given, f.name))) for f in fields(given) if f.name != "tags"}
    tags = each_once(given.tags)
    problems = {API_NAMES.get(name, name): why for name, text in texts.items() if (why := _problem(name, text))}
    if len(tags) > MAX_TAGS or any(len(tag) > MAX_TAG_LENGTH or has_controls(tag) for tag in tags):
        problems["tags"] = f"At most {MAX_TAGS} tags of {MAX_TAG_LENGTH} characters."
    if problems:
        raise errors.Invalid(problems)
    return replace(given, **texts, tags=tags)


def _problem(name: str, text: str) -> str:
    limit = MAX_LENGTHS.get(name, MAX_LENGTH)
    if len(text) > limit:
        return f"At most {limit} characters."
    if has_controls(text):
        return "Control characters are not allowed."
    if name == "email":
        return _email_problem(text)
    return ""


def _email_problem(email: str) -> str:
    if not email:
        return "An e-mail address is required."
    try:
        validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        return str(error)
    return ""


def phone_e164(number: str) -> str:
    """Return a phone number as E.164 (ITU-T), empty where it cannot be read as one."""
    try:
        parsed = phonenumbers.parse(number, PHONE_REGION)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
