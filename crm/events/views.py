"""Pages that show events: the list, one event with its registrations, and its mails."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from crm.core import clock, htmx, paging, sorting
from crm.core.sorting import Column
from crm.events import public_urls, queries, roster, schedule
from crm.events.entities import UNLIMITED, Event
from crm.events.forms import EventFilterForm
from crm.search import engine
from crm.search.documents import EventDocument
from crm.search.store import Page
from crm.staff.permissions import requires

COLUMNS = (
    Column("Event", "title"),
    Column("When", "startAt", starts_descending=True),
    Column("State", "status"),
    Column("Places taken", "taken", starts_descending=True),
    Column("Waiting", "waiting", is_number=True),
)


@requires("crm.view")
def events(request: HttpRequest) -> HttpResponse:
    """List events: search, status, period, sort, pages."""
    form = EventFilterForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    sort = request.GET.get(sorting.PARAMETER) or queries.DEFAULT_SORT
    # Asked first: what is counted is then at least as new as it says.
    freshness = engine.store().freshness()
    page = _page(chosen, sort, request.GET.get("cursor") or None)
    context = {
        "form": form,
        "freshness": freshness,
        "rows": page.items,
        "total": page.total,
        "everything": queries.page(limit=1).total,
        "pager": paging.pager(request, rows=len(page.items), total=page.total, next_cursor=page.next),
        "heads": sorting.heads(request, COLUMNS, sort),
        "kept": {"status": chosen.get("status"), sorting.PARAMETER: request.GET.get(sorting.PARAMETER, "")},
        "statuses": _statuses(request, chosen),
    }
    return htmx.render(request, "events/list.html", context, partials=("events-table",))


@requires("crm.view")
def event(request: HttpRequest, event_id: str) -> HttpResponse:
    """Show one event: its state, places, who is registered, who waits, who runs it."""
    shown = queries.get(event_id)
    context = overview(request, shown) | registrations(request, shown, tab_keys(shown), "")
    partials = ("event-registrations", "event-places", "event-waitlist")
    return htmx.render(request, "events/detail.html", context, partials=partials)


def tab_keys(shown: Event) -> tuple[str, ...]:
    """Return the tabs over an event's registrations."""
    return roster.OF_CHECKED_EVENT if shown.fields.uses_check_in else roster.OF_PLAIN_EVENT


def overview(request: HttpRequest, shown: Event) -> dict[str, Any]:
    """Return what the head and the side of every page of an event show."""
    fields = shown.fields
    people = queries.people_in_charge(shown)
    waiting = roster.page(shown.id, "waitlisted", limit=roster.WAITING_SHOWN)
    return {
        "event": shown,
        "fields": fields,
        "spoken": schedule.spoken(fields.start_at, fields.end_at, fields.timezone),
        "place": schedule.place_of(fields.timezone),
        "owner": people.get(fields.owner),
        "hosts": [people[host] for host in fields.hosts if host in people],
        "places": _places(shown),
        "waiting": roster.guests(waiting.items),
        "waiting_total": waiting.total,
        "mails_total": engine.store().deliveries(event_id=shown.id, limit=1).total,
        "public_url": public_urls.page(shown),
        "here": request.get_full_path(),
    }


def registrations(request: HttpRequest, shown: Event, keys: tuple[str, ...], default: str) -> dict[str, Any]:
    """Return one page of an event's registrations with the tabs over it, as the query string asks."""
    text = request.GET.get("q", "").strip()
    tab = request.GET.get("show", default)
    tab = tab if tab in keys else default
    page = roster.page(shown.id, tab, text=text, cursor=request.GET.get("cursor") or None)
    return {
        "guests": roster.guests(page.items),
        "total": page.total,
        "pager": paging.pager(request, rows=len(page.items), total=page.total, next_cursor=page.next),
        "tabs": roster.tabs(shown.id, keys, tab, text),
        "q": text,
        "show": tab,
    }


def _page(chosen: Mapping[str, Any], sort: str, cursor: str | None) -> Page[EventDocument]:
    now = clock.now()
    bounds: dict[str, datetime] = {}
    if chosen.get("when") == "upcoming":
        bounds["starts_from"] = now
    elif chosen.get("when") == "past":
        bounds["starts_before"] = now
    return queries.page(
        text=chosen.get("q", ""),
        status=chosen.get("status") or None,
        sort=sort,
        limit=paging.PAGE_SIZE,
        cursor=cursor,
        **bounds,
    )


def _statuses(request: HttpRequest, chosen: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the switch over the list: each status with the number of events it opens."""
    found = []
    for status, label in (("", "All"), ("published", "Published"), ("draft", "Drafts"), ("cancelled", "Cancelled")):
        query = request.GET.copy()
        for name in (*sorting.PLACE, "status"):
            query.pop(name, None)
        if status:
            query["status"] = status
        count = _page({**chosen, "status": status}, queries.DEFAULT_SORT, None).total
        url = f"{reverse('events')}?{query.urlencode()}" if query else reverse("events")
        found.append({"url": url, "label": label, "count": count, "is_current": status == chosen.get("status", "")})
    return found


def _places(shown: Event) -> dict[str, Any]:
    """Return the event's places as its bar shows them. `free` is None where there is no limit."""
    is_limited = shown.capacity != UNLIMITED
    free = max(shown.capacity - shown.taken, 0) if is_limited else None
    to_come = shown.taken - shown.checked_in
    parts = [("checked-in", shown.checked_in), ("registered", to_come)]
    words = f"{shown.taken} taken"
    if shown.fields.uses_check_in:
        words = f"{shown.checked_in} checked in, {to_come} still to come"
    if free is not None:
        parts.append(("pending", free))
        words += f", {free} free" if free else ", no place free"
    return {"is_limited": is_limited, "free": free, "to_come": to_come, "parts": parts, "words": words}
