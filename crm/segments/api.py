"""Segments over the API."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from crm.core.api import answers, etags
from crm.core.idempotency import Answer
from crm.people import queries as people
from crm.people.schemas import PeoplePage, PeopleQuery, PersonOut
from crm.segments import actions, queries
from crm.segments.entities import Segment
from crm.segments.schemas import SegmentIn, SegmentOut, SegmentPage, SegmentPatch, SegmentsQuery
from crm.staff import scopes
from crm.staff.permissions import actor

router = Router(tags=["Segments"], by_alias=True)
_IF_MATCH = {"parameters": [etags.OPENAPI]}


def _created(segment: Segment) -> Answer:
    return answers.of(SegmentOut.of(segment), 201, revision=segment.revision)


def _answered(segment: Segment) -> Answer:
    return answers.of(SegmentOut.of(segment), revision=segment.revision)


@router.post("/segments", auth=scopes.WRITE, response={201: SegmentOut}, summary="Save a filter as a segment")
@answers.write(_created)
def create_segment(request: HttpRequest, body: SegmentIn) -> Segment:
    """The name is unique without regard to case (409)."""
    return actions.create(name=body.name, where=body.where(), actor=actor(request))


@router.get("/segments", auth=scopes.READ, response=SegmentPage, summary="List segments")
def list_segments(request: HttpRequest, query: Query[SegmentsQuery]) -> HttpResponse:
    """By name."""
    page = queries.page(text=query.q, limit=query.limit, cursor=query.cursor)
    return answers.send(answers.of(SegmentPage.of(page, SegmentOut.of)))


@router.get("/segments/{segment_id}", auth=scopes.READ, response=SegmentOut, summary="Look at a segment")
def get_segment(request: HttpRequest, segment_id: str) -> HttpResponse:
    """The ETag names the revision that `If-Match` takes."""
    return answers.send(_answered(queries.get(segment_id)))


@router.patch(
    "/segments/{segment_id}",
    auth=scopes.WRITE,
    response=SegmentOut,
    summary="Change a segment",
    openapi_extra=_IF_MATCH,
)
@answers.write(_answered)
def change_segment(request: HttpRequest, segment_id: str, body: SegmentPatch) -> Segment:
    """Campaigns that are for it and have not begun go to whom it matches then."""
    return actions.change(
        segment_id=segment_id,
        name=body.sent_name(),
        where=body.sent_where(),
        revision=etags.expected(request),
        actor=actor(request),
    )


@router.delete(
    "/segments/{segment_id}",
    auth=scopes.WRITE,
    response={204: None},
    summary="Delete a segment",
    openapi_extra=_IF_MATCH,
)
@answers.write(lambda _: answers.NOTHING)
def delete_segment(request: HttpRequest, segment_id: str) -> None:
    """Campaigns that are for it and have not begun keep its filter."""
    actions.delete(segment_id=segment_id, revision=etags.expected(request), actor=actor(request))


@router.get(
    "/segments/{segment_id}/people", auth=scopes.READ, response=PeoplePage, summary="List the people of a segment"
)
def list_segment_people(request: HttpRequest, segment_id: str, query: Query[PeopleQuery]) -> HttpResponse:
    """Whom its filter matches now: newest first unless `sort_by` names a field, with `-` before it for descending."""
    where = queries.get(segment_id).where
    page = people.page(where, sort=query.sort_by, limit=query.limit, cursor=query.cursor)
    return answers.send(answers.of(PeoplePage.of(page, PersonOut.of_document)))
