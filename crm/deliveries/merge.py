"""Merge fields: `{{ firstName|there }}` stands for the person's first name, or for "there" where it is unknown.

They are cut out of a text before anything else reads it, and what stands for them is put in, escaped, after everything
else: a person's name is never read as Markdown, as markup, or as another field.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from crm.core import errors
from crm.deliveries.letters import Unmailable, printable
from crm.people.entities import PersonFields

_USE = re.compile(r"\{\{([^{}\n]*)\}\}")
_BRACES = re.compile(r"\{\{|\}\}")
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Field:
    """Something that may stand in a mail. `attributes`: of a person's fields, joined; missing where all are empty.

    `default` is one that reads well, to propose.
    """

    name: str
    label: str
    attributes: tuple[str, ...]
    default: str

    @property
    def noun(self) -> str:
        """What people without it have none of."""
        return self.label[0].lower() + self.label[1:]

    def of(self, person: PersonFields) -> str:
        """Return the person's value on one line, empty where it is unknown."""
        return printable(" ".join(str(getattr(person, name)) for name in self.attributes))


FIELDS: Mapping[str, Field] = {
    field.name: field
    for field in (
        Field("firstName", "First name", ("first_name",), "there"),
        Field("lastName", "Last name", ("last_name",), "friend"),
        Field("name", "Name", ("first_name", "last_name"), "friend"),
        Field("email", "E-mail address", ("email",), "your address"),
        Field("company", "Company", ("company",), "your team"),
        Field("jobTitle", "Job title", ("job_title",), "your role"),
        Field("city", "City", ("city",), "your city"),
        Field("state", "State", ("state",), "your state"),
        Field("phoneNumber", "Phone number", ("phone_number",), "your number"),
    )
}


class Missing(Unmailable):
    """The mail has a field without a default that this person has no value for."""

    def __init__(self, field: Field) -> None:
        super().__init__(f"no {field.noun} to fill in, and the mail has no default for it")


@dataclass(frozen=True, slots=True)
class Use:
    """A field where a text uses it. `default` is None where none is given; it may be given as nothing."""

    name: str
    default: str | None

    def of(self, person: PersonFields) -> str:
        """Return what stands there for one person.

        Raises:
            Missing: neither the person nor the text has anything.
        """
        field = FIELDS[self.name]
        value = field.of(person) or self.default
        if value is None:
            raise Missing(field)
        return value

    @property
    def written(self) -> str:
        """The field as people write it."""
        return f"{{{{ {self.name} }}}}" if self.default is None else f"{{{{ {self.name}|{self.default} }}}}"


def proposed(field: Field) -> str:
    """Return a field as it is best written: with a default."""
    return Use(field.name, field.default).written


def pieces(text: str, within: str) -> Iterator[str | Use]:
    """Cut a text into what is written and the fields it uses, in order.

    Raises:
        errors.Invalid: naming `within`: a field there is none of, or braces that do not make a field.
    """
    position = 0
    for match in _USE.finditer(text):
        yield _plain(text[position : match.start()], within)
        yield _use(match[1], within)
        position = match.end()
    yield _plain(text[position:], within)


def _plain(text: str, within: str) -> str:
    stray = _BRACES.search(text)
    if stray:
        near = text[stray.start() :].partition("\n")[0][:_SHOWN]
        raise errors.Invalid({within: f"“{near}” is no field: write it like {{{{ firstName|there }}}}."})
    return text


def _use(inner: str, within: str) -> Use:
    name, bar, default = (part.strip() for part in inner.partition("|"))
    if name not in FIELDS:
        close = get_close_matches(name.lower(), [known.lower() for known in FIELDS], n=1)
        meant = next((known for known in FIELDS if close and known.lower() == close[0]), "")
        hint = f"Did you mean {meant}?" if meant else f"There are {', '.join(FIELDS)}."
        raise errors.Invalid({within: f"There is no field “{name[:_SHOWN]}”. {hint}"})
    return Use(name, default if bar else None)
