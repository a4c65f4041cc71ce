"""The shapes in which the API takes and answers people (`/users`, the name its clients know)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field, create_model

from crm.core.api.schemas import In, ListQuery, Out, PageOut, Query
from crm.people.entities import Person, PersonFields
from crm.people.export import CSV
from crm.people.queries import DEFAULT_SORT
from crm.search.documents import PersonDocument
from crm.search.fields import Kind
from crm.search.filters import PARAMETERS, TREE, Parameter

# Characters of one value of a filter's parameter.
_MAX_VALUE = 2_000


class PersonIn(In):
    """A person as a client sends one. What is left out of a PUT is cleared."""

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
    tags: list[str] = Field(default_factory=list, max_length=50)

    def fields(self) -> PersonFields:
        """Return what people type."""
        return PersonFields(**{**self.model_dump(), "tags": tuple(self.tags)})


class PersonPatch(PersonIn):
    """The fields to change; the others stay as they are."""

    email: str = ""

    def values(self) -> dict[str, object]:
        """Return only what was sent, by the names of `PersonFields`."""
        sent = self.model_dump(exclude_unset=True)
        return {**sent, "tags": tuple(self.tags)} if "tags" in sent else sent


class PersonOut(Out):
    """A person with the counts of their events."""

    id: str
    email: str
    first_name: str
    last_name: str
    phone_number: str
    phone_e164: str
    avatar: str
    gender: str
    job_title: str
    company: str
    city: str
    state: str
    tags: list[str]
    unsubscribed: bool
    events_registered: int
    events_attended: int
    events_hosted: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, person: Person) -> "PersonOut":
        """Answer one person, from DynamoDB."""
        fields = person.fields
        return cls(
            id=person.id,
            email=fields.email,
            first_name=fields.first_name,
            last_name=fields.last_name,
            phone_number=fields.phone_number,
            phone_e164=person.phone_e164,
            avatar=fields.avatar,
            gender=fields.gender,
            job_title=fields.job_title,
            company=fields.company,
            city=fields.city,
            state=fields.state,
            tags=list(fields.tags),
            unsubscribed=person.unsubscribed,
            events_registered=person.events_registered,
            events_attended=person.events_attended,
            events_hosted=person.events_hosted,
            created_at=person.created_at,
            updated_at=person.updated_at,
        )

    @classmethod
    def of_document(cls, row: PersonDocument) -> "PersonOut":
        """Answer a row of a list, from the read model."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class PeoplePage(PageOut[PersonOut]):
    """A page of people."""


class PeopleQuery(ListQuery):
    """How `/users` is listed."""

    sort_by: str = Field(DEFAULT_SORT, max_length=50)


# What fits into an address.
_MAX_TREE = 8_000
_TREE_DESCRIPTION = (
    'What parameters cannot say, as JSON: {"and": […]}, {"or": […]}, {"not": …} and {"field", "op", "value" or '
    '"values"}; of a count also "within": {"from", "before"} or {"lastDays"}. Holds together with all other parameters.'
)
_TREE: dict[str, Any] = {TREE: (str | None, Field(None, max_length=_MAX_TREE, description=_TREE_DESCRIPTION))}
# What clients may send, by the kind of field; text where nothing is said. The filter itself reads and checks values.
_SHAPES: Mapping[Kind, dict[str, Any]] = {
    Kind.NUMBER: {"type": "integer"},
    Kind.SCORE: {"type": "integer"},
    Kind.TIME: {"type": "string", "format": "date-time"},
    Kind.FLAG: {"type": "boolean"},
}


def _documented(parameter: Parameter) -> Any:  # noqa: ANN401 - pydantic's Field says it is anything
    shape = _SHAPES.get(parameter.field.kind, {"type": "string", "maxLength": _MAX_VALUE})

    def replace(schema: dict[str, Any]) -> None:
        schema.clear()
        schema.update(shape, description=f"{parameter.field.label} {parameter.op.replace('_', ' ')}")

    return Field(None, max_length=_MAX_VALUE, json_schema_extra=replace)


# One definition serves the query string, the form and audiences, so the parameters are read off the filter's fields.
PeopleFilterQuery = create_model(
    "PeopleFilterQuery",
    __base__=PeopleQuery,
    **{name: (str | None, _documented(one)) for name, one in PARAMETERS.items()},  # type: ignore[call-overload]
    **_TREE,
)


class FormatQuery(Query):
    """Which file is wanted: `csv` (UTF-8, marked as such) or `xlsx`."""

    format: str = Field(CSV, max_length=10)


PeopleExportQuery = create_model(
    "PeopleExportQuery",
    __base__=FormatQuery,
    **{name: (str | None, _documented(one)) for name, one in PARAMETERS.items()},  # type: ignore[call-overload]
    **_TREE,
)
