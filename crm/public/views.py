"""The public page of an event, and the event as a calendar file."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from crm.core import errors, outside
from crm.events import ics
from crm.events.entities import Event
from crm.public import page, queries
from crm.staff.permissions import public

# Asked for anew each time, since places go quickly; what did not change costs no more than asking.
_FRESH = "private, no-cache"


def says_why_not[**Rest](
    view: Callable[Concatenate[HttpRequest, Rest], HttpResponse],
) -> Callable[Concatenate[HttpRequest, Rest], HttpResponse]:
    """Answer what a view refuses by a page of the public site rather than of the dashboard."""

    @wraps(view)
    def answered(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except errors.CrmError as error:
            return outside.refused(request, "public/refused.html", error)

    return answered


@public
@require_safe
@says_why_not
def event(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an event to everybody. Any spelling of its slug, and one it had before, leads to the one it has."""
    found = queries.shown(slug)
    if slug != found.fields.slug:
        return moved(request, "public-event", found)
    response = render(request, "public/event.html", {"page": page.of(found), "fields": found.fields})
    response["Cache-Control"] = _FRESH
    return response


@public
@require_safe
@says_why_not
def calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the event to a calendar; a cancelled one takes itself out of those that have it."""
    found = queries.shown(slug)
    if slug != found.fields.slug:
        return moved(request, "public-calendar", found)
    name = f'attachment; filename="{found.id}.ics"'
    headers = {"Cache-Control": _FRESH, "Content-Disposition": name}
    return HttpResponse(ics.of(found), content_type=ics.CONTENT_TYPE, headers=headers)


def moved(request: HttpRequest, view: str, found: Event) -> HttpResponse:
    """Lead on to where the event is now, for good, with the query: it says where the visitor comes from."""
    query = request.META.get("QUERY_STRING", "")
    address = reverse(view, args=[found.fields.slug])
    return HttpResponse(status=301, headers={"Location": f"{address}?{query}" if query else address})
