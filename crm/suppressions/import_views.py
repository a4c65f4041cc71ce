"""Taking a file of addresses into the do-not-mail list, and what became of it."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from crm.core import errors, htmx
from crm.core.forms import refuse
from crm.staff.permissions import actor, requires
from crm.suppressions import imports
from crm.suppressions.forms import ImportForm


@requires("crm.send_campaigns")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose a file and take it in."""
    is_sent = request.method == "POST"
    form = ImportForm(request.POST, request.FILES) if is_sent else ImportForm()
    if is_sent and form.is_valid():
        try:
            begun = imports.start(name=form.name(), given=form.content(imports.MAX_BYTES), actor=actor(request))
        except errors.Invalid as error:
            refuse(form, error)
        else:
            return htmx.redirect(request, reverse("suppression-import", args=[begun.id]))
    context = {"form": form, "rows": imports.MAX_ROWS, "megabytes": imports.MAX_BYTES // 1_000_000}
    return htmx.render(request, "suppressions/import.html", context, status=422 if form.errors else 200)


@requires("crm.send_campaigns")
def result(request: HttpRequest, import_id: str) -> HttpResponse:
    """Show how far an import is, and which lines could not be taken."""
    found = imports.get(import_id)
    context = {"found": found, "unshown": found.refused - len(found.problems)}
    return htmx.render(request, "suppressions/imported.html", context, partials=("import-live",))
