"""Registering somebody, cancelling it, and the door: check in and undo."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from crm.core import errors, htmx
from crm.core.text import has_controls
from crm.events import queries as events
from crm.events import roster
from crm.events.entities import Event
from crm.events.host_views import found
from crm.events.views import overview, registrations
from crm.people import queries as people
from crm.registrations import actions, queries
from crm.registrations.entities import WAITLISTED
from crm.registrations.forms import WhoForm
from crm.staff.permissions import actor, requires

CHANGED = "registrations-changed"


@requires("crm.edit")
def register(request: HttpRequest, event_id: str) -> HttpResponse:
    """Find people as their name is typed, and register them one by one."""
    event = events.get(event_id)
    if request.method == "POST":
        outcome = actions.register(event_id=event_id, person_id=_who(request), actor=actor(request))
        name = people.get(outcome.registration.person_id).name
        return _done(request, event, _said(name, outcome), reverse("event-register", args=[event_id]))
    text = request.GET.get("q", "").strip()
    people_found = found(text)
    states = queries.states(event_id, [person.id for person in people_found])
    context = {
        "event": event,
        "fields": event.fields,
        "is_full": event.taken >= event.capacity or event.waiting > 0,
        "q": text,
        "found": [
            {"person": person, "name": person.name, "state": states.get(person.id, "")} for person in people_found
        ],
        "here": request.get_full_path(),
    }
    return htmx.render(request, "registrations/register.html", context, partials=("people-found",))


@requires("crm.edit")
def cancel_registration(request: HttpRequest, event_id: str, person_id: str) -> HttpResponse:
    """Ask, then give the place back."""
    event, person = events.get(event_id), people.get(person_id)
    back = _asked_for(request.GET.get("next", ""), request) or reverse("event", args=[event_id])
    if request.method == "POST":
        actions.cancel(event_id=event_id, person_id=person_id, actor=actor(request))
        messages.success(request, f"The registration of {person.name} is cancelled.")
        return htmx.redirect(request, back)
    context = {
        "title": f"Cancel the registration of {person.name}?",
        "lines": _consequences(event, person_id, person.name),
        "verb": "Cancel the registration",
        "keep": "Keep it",
        "back": back,
        "danger": True,
    }
    return htmx.render(request, "_components/confirm.html", context)


@requires("crm.check_in")
def check_in(request: HttpRequest, event_id: str) -> HttpResponse:
    """Show the door's list; on POST note that somebody is here."""
    event = events.get(event_id)
    if request.method == "POST":
        person_id = _who(request)
        actions.check_in(event_id=event_id, person_id=person_id, actor=actor(request))
        said = f"{people.get(person_id).name} is in."
        return _done(request, event, said, reverse("event-check-in", args=[event_id]))
    if not event.fields.uses_check_in:
        raise errors.NotFound("This event does not use check-in.")
    context = overview(request, event) | registrations(request, event, roster.AT_THE_DOOR, "registered")
    partials = ("event-registrations", "check-in-progress")
    return htmx.render(request, "registrations/check_in.html", context, partials=partials)


@requires("crm.check_in")
@require_POST
def undo_check_in(request: HttpRequest, event_id: str) -> HttpResponse:
    """Take a check-in back."""
    event, person_id = events.get(event_id), _who(request)
    actions.undo_check_in(event_id=event_id, person_id=person_id, actor=actor(request))
    said = f"{people.get(person_id).name} is not in any more."
    return _done(request, event, said, reverse("event-check-in", args=[event_id]))


def _done(request: HttpRequest, event: Event, said: str, back: str) -> HttpResponse:
    """Say what was done. HTMX gets the message, and the page's lists are told to load themselves again."""
    messages.success(request, said)
    if htmx.fragment(request) is None:
        wanted = _asked_for(request.POST.get("next", ""), request)
        return htmx.redirect(request, wanted or back or reverse("event", args=[event.id]))
    response = render(request, "_components/toasts.html", {"oob": True})
    response["HX-Trigger"] = CHANGED
    return response


def _asked_for(url: str, request: HttpRequest) -> str:
    """Return where to go on, as the request says it; empty for anywhere but our own pages."""
    is_ours = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return url if is_ours and not has_controls(url) else ""


def _who(request: HttpRequest) -> str:
    form = WhoForm(request.POST)
    if not form.is_valid():
        raise errors.Invalid({"person_id": "Choose a person."})
    return str(form.cleaned_data["person_id"])


def _said(name: str, outcome: actions.Outcome) -> str:
    is_waiting = outcome.registration.status == WAITLISTED
    if not outcome.is_new:
        return f"{name} {'waits in line' if is_waiting else 'has a place'} already."
    if is_waiting:
        return f"{name} is on the waitlist: all places are taken."
    return f"{name} is registered. The confirmation is on its way."


def _consequences(event: Event, person_id: str, name: str) -> list[str]:
    if queries.states(event.id, [person_id]).get(person_id) == WAITLISTED:
        return [f"{name} leaves the waitlist of {event.fields.title}. Nobody is mailed about it."]
    lines = [f"{name} gives up a place at {event.fields.title}. Nobody is mailed about it."]
    if event.waiting:
        lines.append("Whoever has waited longest moves up into the place and is sent a confirmation.")
    return lines
