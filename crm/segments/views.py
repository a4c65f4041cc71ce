"""The pages of segments: the list with live counts, saving a filter, changing it, deleting it."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.core import errors, htmx, paging
from crm.core.forms import refuse
from crm.people import phrases
from crm.people import queries as people
from crm.people.filter_form import conditions
from crm.search import filters
from crm.search.filters import EVERYONE, Filter
from crm.segments import actions, queries
from crm.segments.entities import Segment
from crm.segments.forms import SegmentForm
from crm.segments.queries import Use
from crm.staff import names
from crm.staff.permissions import actor, requires

# Each count is asked for by the cell it will stand in, once that can be seen.
COUNT = "segment-count-"


@requires("crm.view")
@require_safe
def segments(request: HttpRequest) -> HttpResponse:
    """List segments by name; how many people each matches is asked for row by row, after the page."""
    counted = (htmx.fragment(request) or "").removeprefix(COUNT)
    if counted and counted == request.GET.get("count"):
        segment = queries.get(counted)
        context = {"segment": segment, "split": people.split(segment.where)}
        return htmx.render(request, "segments/count.html", context)
    text = request.GET.get("q", "").strip()
    found = queries.page(text=text, limit=paging.PAGE_SIZE, cursor=request.GET.get("cursor") or None)
    context = {
        "rows": _rows(found.items),
        "total": found.total,
        "everything": len(queries.every()),
        "pager": paging.pager(request, rows=len(found.items), total=found.total, next_cursor=found.next),
        "q": text,
    }
    return htmx.render(request, "segments/list.html", context, partials=("segments-table",))


def _rows(found: Sequence[Segment]) -> list[dict[str, Any]]:
    uses, owners = queries.uses(), names.of({segment.created_by for segment in found})
    return [
        {
            "segment": one,
            "phrase": phrases.of(one.where),
            "url": opened(one),
            "uses": uses.get(one.id, ()),
            "owner": owners[one.created_by],
        }
        for one in found
    ]


def opened(segment: Segment) -> str:
    """Return the People page with a segment open."""
    return f"{reverse('people')}?{segment.query}&segment={segment.id}"


@requires("crm.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Save the filter that stands in the address under a name."""
    where = filters.from_query(conditions(request.GET))
    form = SegmentForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            saved = actions.create(name=form.cleaned_data["name"], where=where, actor=actor(request))
        except (errors.Invalid, errors.Conflict) as error:
            refuse(form, error)
        else:
            messages.success(request, f"Segment “{saved.name}” saved")
            return htmx.redirect(request, opened(saved))
    return _page(request, form, where)


@requires("crm.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, segment_id: str) -> HttpResponse:
    """Rename a segment, and give it the filter of the address where one stands there."""
    stored = queries.get(segment_id)
    given = conditions(request.GET)
    where = filters.from_query(given) if given else None
    shown = {"name": stored.name, "revision": stored.revision}
    form = SegmentForm(request.POST) if request.method == "POST" else SegmentForm(initial=shown)
    if form.is_valid():
        name, revision = form.cleaned_data["name"], form.cleaned_data["revision"]
        try:
            saved = actions.change(
                segment_id=segment_id, name=name, where=where, revision=revision, actor=actor(request)
            )
        except (errors.Invalid, errors.Conflict) as error:
            refuse(form, error)
            stored = queries.get(segment_id)
        else:
            messages.success(request, f"Segment “{saved.name}” saved")
            return htmx.redirect(request, opened(saved))
    return _page(request, form, where, stored)


def _page(request: HttpRequest, form: SegmentForm, where: Filter | None, stored: Segment | None = None) -> HttpResponse:
    shown = where if where is not None else stored.where if stored else EVERYONE
    context = {
        "form": form,
        "segment": stored,
        "phrase": phrases.of(shown),
        "old_phrase": phrases.of(stored.where) if stored and where is not None else "",
        "split": people.split(shown),
        "back": f"{reverse('people')}?{filters.address(shown)}",
        "uses": queries.uses().get(stored.id, ()) if stored else (),
        "theirs": form.reopened_on(stored) if stored else [],
    }
    return htmx.render(request, "segments/form.html", context, status=422 if form.errors else 200)


@requires("crm.edit")
@require_POST
def duplicate(request: HttpRequest, segment_id: str) -> HttpResponse:
    """Save a segment's filter once more, under another name."""
    try:
        made = actions.duplicate(segment_id=segment_id, actor=actor(request))
    except errors.Conflict as error:
        messages.error(request, error.message)
        return htmx.redirect(request, reverse("segments"))
    messages.success(request, f"“{made.name}” made")
    return htmx.redirect(request, reverse("segment-edit", args=[made.id]))


@requires("crm.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, segment_id: str) -> HttpResponse:
    """Name what is for a segment, ask, and delete it."""
    stored = queries.get(segment_id)
    if request.method == "POST":
        actions.delete(segment_id=segment_id, actor=actor(request))
        messages.success(request, f"Segment “{stored.name}” deleted")
        return htmx.redirect(request, reverse("segments"))
    question = {
        "title": f"Delete the segment “{stored.name}”?",
        "lines": _what_goes(queries.uses().get(segment_id, ())),
        "verb": "Delete the segment",
        "keep": "Keep it",
        "back": reverse("segments"),
        "danger": True,
    }
    return htmx.render(request, "_components/confirm.html", question)


def _what_goes(uses: Sequence[Use]) -> list[str]:
    lines = ["The people in it stay as they are; only the saved filter goes."]
    if uses:
        who = ", ".join(f"“{use.name}” ({use.state})" for use in uses)
        them = "This campaign is for it and keeps" if len(uses) == 1 else "These campaigns are for it and keep"
        lines.append(f"{them} its filter as it is now: {who}.")
    return lines
