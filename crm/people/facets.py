"""What the people of a list have in common: the commonest values of some fields, each with the address that narrows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from crm.core import links
from crm.core.sorting import PLACE
from crm.people import queries
from crm.people.filter_form import SELECT, conditions
from crm.search.filters import PARAMETERS, Filter

SHOWN = 5
FACETS: Mapping[str, str] = {"company": "Companies", "city": "Cities", "job_title": "Titles", "tags": "Tags"}


@dataclass(frozen=True, slots=True)
class Value:
    """A value that many have, how many, and where they are listed."""

    text: str
    number: int
    url: str


@dataclass(frozen=True, slots=True)
class Facet:
    """The commonest values of a field."""

    label: str
    values: Sequence[Value]


def of(request: HttpRequest, where: Filter) -> list[Facet]:
    """Return the facets of those whom a filter, that of the address, matches. Fields that the address names are left
    out: their values are chosen already."""
    named = {PARAMETERS[name].field.name for name in conditions(request.GET) if name in PARAMETERS}
    found = {name: queries.commonest_among(name, where, SHOWN) for name in FACETS if name not in named}
    place = dict.fromkeys((SELECT, *PLACE), "")
    return [
        Facet(
            FACETS[name],
            [
                Value(text, number, links.changed(request.path, request.GET, {**place, name: text}))
                for text, number in values
            ],
        )
        for name, values in found.items()
        if values
    ]
