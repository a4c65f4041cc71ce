"""Events over the API."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from crm.core.api import answers, etags
from crm.core.idempotency import Answer
from crm.events import actions, queries
from crm.events.entities import Event
from crm.events.schemas import EventIn, EventOut, EventPage, EventPatch, EventsQuery
from crm.staff import scopes
from crm.staff.permissions import actor

router = Router(tags=["Events"], by_alias=True)
_IF_MATCH = {"parameters": [etags.OPENAPI]}


def _created(event: Event) -> Answer:
    return answers.of(EventOut.of(event), 201, revision=event.revision)


def _answered(event: Event) -> Answer:
    return answers.of(EventOut.of(event), revision=event.revision)


@router.post("/events", auth=scopes.WRITE, response={201: EventOut}, summary="Create an event")
@answers.write(_created)
def create_event(request: HttpRequest, body: EventIn) -> Event:
    """Without a slug one is made from the title; owner and hosts must be people."""
    return actions.create(fields=body.fields(), actor=actor(request))


@router.get("/events", auth=scopes.READ, response=EventPage, summary="List events")
def list_events(request: HttpRequest, query: Query[EventsQuery]) -> HttpResponse:
    """Latest start first unless `sort_by` says otherwise; `q` searches title and venue."""
    page = queries.page(
        text=query.q,
        status=query.status,
        starts_from=query.starts_from,
        starts_before=query.starts_before,
        sort=query.sort_by,
        limit=query.limit,
        cursor=query.cursor,
    )
    return answers.send(answers.of(EventPage.of(page, EventOut.of_document)))


@router.get("/events/{event_id}", auth=scopes.READ, response=EventOut, summary="Look at an event")
def get_event(request: HttpRequest, event_id: str) -> HttpResponse:
    """The ETag names the revision that `If-Match` takes."""
    return answers.send(_answered(queries.get(event_id)))


@router.put(
    "/events/{event_id}", auth=scopes.WRITE, response=EventOut, summary="Replace an event", openapi_extra=_IF_MATCH
)
@answers.write(_answered)
def replace_event(request: HttpRequest, event_id: str, body: EventIn) -> Event:
    """What is left out is cleared. A capacity below the places taken is refused (409)."""
    revision = etags.expected(request)
    return actions.change(event_id=event_id, fields=body.fields(), revision=revision, actor=actor(request))


@router.patch(
    "/events/{event_id}", auth=scopes.WRITE, response=EventOut, summary="Change an event", openapi_extra=_IF_MATCH
)
@answers.write(_answered)
def change_event(request: HttpRequest, event_id: str, body: EventPatch) -> Event:
    """What is left out stays as it is."""
    revision = etags.expected(request)
    return actions.patch(event_id=event_id, values=body.values(), revision=revision, actor=actor(request))


@router.delete(
    "/events/{event_id}", auth=scopes.WRITE, response={204: None}, summary="Delete an event", openapi_extra=_IF_MATCH
)
@answers.write(lambda _: answers.NOTHING)
def delete_event(request: HttpRequest, event_id: str) -> None:
    """Its registrations go with it and count for nobody; the slug is free again."""
    actions.delete(event_id=event_id, revision=etags.expected(request), actor=actor(request))
