"""Pages that change events. What cannot simply be undone asks first, on a page of its own."""

from collections.abc import Callable, Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from crm.core import errors, forms, htmx, zone
from crm.events import actions, queries
from crm.events.entities import DRAFT, PUBLISHED, Event, EventFields
from crm.events.forms import NAMES, EventForm, initial
from crm.staff.permissions import actor, requires


@requires("crm.edit")
def event_new(request: HttpRequest) -> HttpResponse:
    """Make an event: a draft, or published at once."""
    form = EventForm(request.POST or None, zone=zone.current_key())
    if request.method == "POST" and form.is_valid():
        status = PUBLISHED if request.POST.get("do") == "publish" else DRAFT
        try:
            made = actions.create(fields=_fields(form, status), actor=actor(request))
        except (errors.Invalid, errors.Conflict) as error:
            forms.refuse(form, error, NAMES)
        else:
            messages.success(request, f"{made.fields.title} is {'published' if status == PUBLISHED else 'a draft'}.")
            return htmx.redirect(request, reverse("event", args=[made.id]))
    return htmx.render(request, "events/form.html", {"form": form}, status=422 if form.errors else 200)


@requires("crm.edit")
def event_edit(request: HttpRequest, event_id: str) -> HttpResponse:
    """Change what is typed about an event; refuse where somebody else did so meanwhile."""
    event = queries.get(event_id)
    form = EventForm(request.POST or None, initial=initial(event), zone=event.fields.timezone)
    if request.method == "POST" and form.is_valid():
        try:
            revision = form.cleaned_data["revision"]
            actions.patch(event_id=event_id, values=form.values(), revision=revision, actor=actor(request))
        except (errors.Invalid, errors.Conflict) as error:
            forms.refuse(form, error, NAMES)
            event = queries.get(event_id)
        else:
            messages.success(request, "Saved.")
            return htmx.redirect(request, reverse("event", args=[event_id]))
    theirs = form.reopened_on(event) if form.is_bound else []
    context = {"form": form, "event": event, "fields": event.fields, "theirs": theirs}
    return htmx.render(request, "events/form.html", context, status=422 if form.errors else 200)


@requires("crm.edit")
@require_POST
def event_publish(request: HttpRequest, event_id: str) -> HttpResponse:
    """Open a draft for registrations, or restore a cancelled event."""
    event = actions.publish(event_id=event_id, actor=actor(request))
    messages.success(request, f"{event.fields.title} is published.")
    return htmx.redirect(request, reverse("event", args=[event_id]))


@requires("crm.edit")
def event_cancel(request: HttpRequest, event_id: str) -> HttpResponse:
    """Ask, then call the event off."""
    event = queries.get(event_id)
    lines = [
        f"{_counted(event.taken, 'person holds a place', 'people hold a place')} and "
        f"{_counted(event.waiting, 'waits', 'wait')} in line. They stay on its lists, but it no longer counts for "
        "anybody, and nobody can register any more.",
        "Nobody is mailed about it. Confirmations that have not gone out yet are not sent.",
        "A cancelled event can be restored.",
    ]
    words = {"title": f"Cancel {event.fields.title}?", "verb": "Cancel the event", "keep": "Keep it"}
    return _asked(request, event, words, lines, lambda: actions.cancel(event_id=event_id, actor=actor(request)))


@requires("crm.edit")
def event_delete(request: HttpRequest, event_id: str) -> HttpResponse:
    """Ask, then delete the event."""
    event = queries.get(event_id)
    lines = [
        f"The event goes, and with it {_counted(event.taken + event.waiting, 'registration', 'registrations')}. "
        "It no longer counts for anybody. This cannot be undone.",
        "People and the mails they were sent stay.",
    ]
    words = {"title": f"Delete {event.fields.title}?", "verb": "Delete the event", "keep": "Keep it"}
    act = lambda: actions.delete(event_id=event_id, revision=_revision(request), actor=actor(request))  # noqa: E731
    return _asked(request, event, words, lines, act, after=reverse("events"))


def _asked(
    request: HttpRequest,
    event: Event,
    words: Mapping[str, str],
    lines: list[str],
    act: Callable[[], object],
    *,
    after: str = "",
) -> HttpResponse:
    """Show what would happen; on POST do it and go on to `after`, or back to the event."""
    back = reverse("event", args=[event.id])
    hidden = {"revision": event.revision}
    context = {**words, "lines": lines, "back": back, "danger": True, "hidden": hidden, "error": ""}
    if request.method != "POST":
        return htmx.render(request, "_components/confirm.html", context)
    try:
        act()
    except errors.Conflict as error:
        return htmx.render(request, "_components/confirm.html", {**context, "error": error.message}, status=409)
    messages.success(request, f"{event.fields.title} is {'deleted' if after else 'cancelled'}.")
    return htmx.redirect(request, after or back)


def _fields(form: EventForm, status: str) -> EventFields:
    return EventFields(owner="", status=status, **form.values())  # type: ignore[arg-type]


def _revision(request: HttpRequest) -> int | None:
    given = request.POST.get("revision", "")
    return int(given) if given.isascii() and given.isdigit() else None


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
