"""People over the API, under the name its clients know: users."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Query, Router

from crm.core.api import answers, etags
from crm.core.idempotency import Answer
from crm.people import actions, export, queries
from crm.people.entities import Person
from crm.people.schemas import (
    PeopleExportQuery,
    PeopleFilterQuery,
    PeoplePage,
    PeopleQuery,
    PersonIn,
    PersonOut,
    PersonPatch,
)
from crm.search import filters
from crm.search.filters import EVERYONE
from crm.staff import scopes
from crm.staff.permissions import actor

router = Router(tags=["People"], by_alias=True)
_IF_MATCH = {"parameters": [etags.OPENAPI]}
_LISTING = PeopleQuery.model_fields.keys()


def _created(person: Person) -> Answer:
    return answers.of(PersonOut.of(person), 201, revision=person.revision)


def _answered(person: Person) -> Answer:
    return answers.of(PersonOut.of(person), revision=person.revision)


@router.post("/users", auth=scopes.WRITE, response={201: PersonOut}, summary="Create a person")
@answers.write(_created)
def create_user(request: HttpRequest, body: PersonIn) -> Person:
    """The e-mail address is required and unique without regard to case (409)."""
    return actions.create(fields=body.fields(), actor=actor(request))


@router.get("/users", auth=scopes.READ, response=PeoplePage, summary="List people")
def list_users(request: HttpRequest, query: Query[PeopleQuery]) -> HttpResponse:
    """Newest first unless `sort_by` names a field, with `-` before it for descending."""
    page = queries.page(EVERYONE, sort=query.sort_by, limit=query.limit, cursor=query.cursor)
    return answers.send(answers.of(PeoplePage.of(page, PersonOut.of_document)))


@router.get("/users/filter", auth=scopes.READ, response=PeoplePage, summary="Filter people")
def filter_users(request: HttpRequest, query: Query[PeopleFilterQuery]) -> HttpResponse:
    """All parameters together; text is compared without regard to case, `q` finds words by how they begin."""
    asked: dict[str, Any] = query.model_dump(exclude_unset=True, exclude=set(_LISTING))
    listing = PeopleQuery.model_validate(query, from_attributes=True)
    where = filters.from_query(asked)
    page = queries.page(where, sort=listing.sort_by, limit=listing.limit, cursor=listing.cursor)
    return answers.send(answers.of(PeoplePage.of(page, PersonOut.of_document)))


@router.get("/users/export", auth=scopes.EXPORT, response={200: None}, summary="Take people along as a file")
def export_users(request: HttpRequest, query: Query[PeopleExportQuery]) -> HttpResponseBase:
    """Everybody whom the parameters, those of the filter, match in one consistent read: CSV, streamed, or XLSX.

    Cells of CSV that a spreadsheet would take for formulas, phone numbers among them, begin with an apostrophe, which
    an import takes away again. Who took which people along is noted.
    """
    asked: dict[str, Any] = query.model_dump(exclude_unset=True, exclude={"format"})
    return export.download(filters.from_query(asked), query.format, actor=actor(request))


@router.get("/users/{user_id}", auth=scopes.READ, response=PersonOut, summary="Look at a person")
def get_user(request: HttpRequest, user_id: str) -> HttpResponse:
    """The ETag names the revision that `If-Match` takes."""
    return answers.send(_answered(queries.get(user_id)))


@router.put(
    "/users/{user_id}", auth=scopes.WRITE, response=PersonOut, summary="Replace a person", openapi_extra=_IF_MATCH
)
@answers.write(_answered)
def replace_user(request: HttpRequest, user_id: str, body: PersonIn) -> Person:
    """What is left out is cleared."""
    revision = etags.expected(request)
    return actions.change(person_id=user_id, fields=body.fields(), revision=revision, actor=actor(request))


@router.patch(
    "/users/{user_id}", auth=scopes.WRITE, response=PersonOut, summary="Change a person", openapi_extra=_IF_MATCH
)
@answers.write(_answered)
def change_user(request: HttpRequest, user_id: str, body: PersonPatch) -> Person:
    """What is left out stays as it is."""
    revision = etags.expected(request)
    return actions.patch(person_id=user_id, values=body.values(), revision=revision, actor=actor(request))


@router.delete(
    "/users/{user_id}", auth=scopes.WRITE, response={204: None}, summary="Delete a person", openapi_extra=_IF_MATCH
)
@answers.write(lambda _: answers.NOTHING)
def delete_user(request: HttpRequest, user_id: str) -> None:
    """Refused (409) while the person owns events. Registrations are cancelled; the address is free again."""
    actions.delete(person_id=user_id, revision=etags.expected(request), actor=actor(request))
