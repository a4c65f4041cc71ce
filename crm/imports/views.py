"""Importing people: choose a file, say what its columns are, watch it go in, mend what was not taken, take it back."""

from collections.abc import Iterator
from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.core import clock, csv_out, errors, htmx
from crm.core.forms import refuse
from crm.imports import actions, errors_file, queries, uploads
from crm.imports.entities import LISTED, MAX_BYTES, MAX_ROWS, UPLOADED, Counts, Import
from crm.imports.forms import StartForm, UploadForm
from crm.people import phrases, tagging, tagging_job
from crm.staff import names
from crm.staff.permissions import actor, requires

# Of the bad rows, and of those that an undo left, as many as one looks through; the file has all.
SHOWN = 100


@requires("crm.edit")
@require_safe
def imports(request: HttpRequest) -> HttpResponse:
    """List what the worker does for staff, or did: the newest imports, and the newest orders to tag many people."""
    found, taggings = queries.newest(), tagging.newest()
    by = names.of({row.actor for row in found} | {job.actor for job in taggings})
    context = {
        "rows": [(row, by[row.actor]) for row in found],
        "most": LISTED,
        "taggings": [(job, phrases.of(job.where), by[job.actor]) for job in taggings],
        "most_taggings": tagging_job.LISTED,
    }
    return htmx.render(request, "imports/list.html", context)


@requires("crm.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose a file."""
    is_sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if is_sent else UploadForm()
    if is_sent and form.is_valid():
        try:
            stored = actions.upload(name=form.name(), size=form.size(), file=form.content(), actor=actor(request))
        except errors.Invalid as error:
            refuse(form, error)
        else:
            return htmx.redirect(request, reverse("import", args=[stored.id]))
    context = {"form": form, "rows": MAX_ROWS, "megabytes": MAX_BYTES // 1_000_000}
    return htmx.render(request, "imports/new.html", context, status=422 if form.errors else 200)


@requires("crm.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, import_id: str) -> HttpResponse:
    """Say what the columns of an uploaded file are; once it is started, how far it is and what was not taken."""
    found = actions.get(import_id)
    if found.state == UPLOADED:
        return _start(request, found)
    if request.method == "POST":
        # Pressed twice: what it became is what they want to see.
        return htmx.redirect(request, reverse("import", args=[found.id]))
    context = {
        "found": found,
        "by": names.of([found.actor])[found.actor],
        "bad": queries.bad_rows(found, limit=SHOWN).items,
        "left": queries.left_rows(found, limit=SHOWN),
        "may_be_undone": found.may_be_undone(clock.now()),
        "is_fragment": htmx.fragment(request) == "import-live",
    }
    return htmx.render(request, "imports/detail.html", context, partials=("import-live",))


def _start(request: HttpRequest, found: Import) -> HttpResponse:
    form = StartForm(found, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.start(import_id=found.id, settings=form.settings(), actor=actor(request))
        except errors.Invalid as error:
            refuse(form, error)
        except errors.Conflict:
            return htmx.redirect(request, reverse("import", args=[found.id]))
        else:
            return htmx.redirect(request, reverse("import", args=[found.id]))
    samples = list(zip(*uploads.samples_of(found), strict=True))
    context = {"found": found, "form": form, "columns": list(zip(form.columns, samples, strict=True))}
    return htmx.render(request, "imports/start.html", context, status=422 if form.errors else 200)


@requires("crm.edit")
@require_POST
def cancel(request: HttpRequest, import_id: str) -> HttpResponse:
    """Stop an import."""
    # Where it came to its end meanwhile, the page says so.
    with suppress(errors.Conflict):
        actions.cancel(import_id=import_id, actor=actor(request))
    return htmx.redirect(request, reverse("import", args=[import_id]))


@requires("crm.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, import_id: str) -> HttpResponse:
    """Name what goes and what comes back, ask, and begin to take an import back."""
    found, error = actions.get(import_id), ""
    if request.method == "POST":
        try:
            actions.undo(import_id=import_id, actor=actor(request))
        except errors.Conflict as conflict:
            error = conflict.message
        else:
            return htmx.redirect(request, reverse("import", args=[import_id]))
    question = {
        "title": f"Undo the import of {found.name}?",
        "lines": [
            *_undone(found.counts),
            "Whoever was changed since, has registrations or was sent mail stays as they are, and is listed.",
        ],
        "verb": "Undo the import",
        "keep": "Keep it",
        "back": reverse("import", args=[import_id]),
        "danger": True,
        "error": error,
    }
    return htmx.render(request, "_components/confirm.html", question, status=409 if error else 200)


def _undone(counts: Counts) -> Iterator[str]:
    """Say what happens to those whom it added and to those whom it changed, where there are any."""
    if counts.created:
        whom = "1 person whom it added is" if counts.created == 1 else f"{counts.created:,} people whom it added are"
        yield f"{whom} deleted."
    if counts.updated:
        whom = "1 person whom it changed gets" if counts.updated == 1 else f"{counts.updated:,} whom it changed get"
        yield f"{whom} back what was there before."


@requires("crm.edit")
@require_safe
def bad_rows(_request: HttpRequest, import_id: str) -> HttpResponseBase:
    """Send the rows that were not taken as a file that can be mended and imported again."""
    found = actions.get(import_id)
    return csv_out.download(f"not-imported-{found.id}.csv", *errors_file.of(found))
