"""Who runs an event: its owner and hosts, found by searching for people."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from crm.core import errors, htmx
from crm.events import actions, queries
from crm.events.entities import Event
from crm.search import engine, filters
from crm.search.documents import PersonDocument
from crm.staff.permissions import actor, requires

FOUND_SHOWN = 8


def found(text: str) -> Sequence[PersonDocument]:
    """Return the first people a text finds; nobody for no text."""
    if not text:
        return []
    return engine.store().people(filters.from_query({"q": text}), sort="lastName", limit=FOUND_SHOWN).items


@requires("crm.edit")
def event_hosts(request: HttpRequest, event_id: str) -> HttpResponse:
    """Add and remove hosts, name the owner."""
    event = queries.get(event_id)
    problem = ""
    if request.method == "POST":
        try:
            said = _changed(event, request.POST.get("do", ""), request.POST.get("person_id", ""), actor(request))
        except (errors.Invalid, errors.Conflict) as error:
            problem = error.message
        else:
            messages.success(request, said)
            return htmx.redirect(request, reverse("event-hosts", args=[event_id]))
    context = _context(request, event) | {"problem": problem}
    partials = ("people-found",)
    return htmx.render(request, "events/hosts.html", context, partials=partials, status=422 if problem else 200)


def _context(request: HttpRequest, event: Event) -> dict[str, object]:
    text = request.GET.get("q", "").strip()
    people = queries.people_in_charge(event)
    fields = event.fields
    rows = [
        {
            "person": person,
            "name": person.name,
            "is_owner": person.id == fields.owner,
            "is_host": person.id in fields.hosts,
        }
        for person in found(text)
    ]
    return {
        "event": event,
        "fields": fields,
        "owner": people.get(fields.owner),
        "hosts": [people[host] for host in fields.hosts if host in people],
        "q": text,
        "found": rows,
    }


def _changed(event: Event, do: str, person_id: str, by: str) -> str:
    """Do what a button of the page asks, and say what was done."""
    hosts = event.fields.hosts
    todo: dict[str, tuple[dict[str, object], str]] = {
        "add": ({"hosts": (*hosts, person_id)}, "Host added."),
        "remove": ({"hosts": tuple(host for host in hosts if host != person_id)}, "Host removed."),
        "own": ({"owner": person_id}, "Owner changed."),
        "disown": ({"owner": ""}, "The event has no owner now."),
    }
    if do not in todo:
        raise errors.Invalid({"do": "There is no such button."})
    values, said = todo[do]
    actions.patch(event_id=event.id, values=values, revision=event.revision, actor=by)
    return said
