"""The pages of People: parse, call one action or query, render."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from crm.core import errors, htmx, links
from crm.people import actions, builder_views, departure, facets, list_page, profile, queries
from crm.people.filter_form import FilterForm, chips
from crm.search.filters import EVERYONE
from crm.staff.permissions import actor, requires

LIST, FACETS = "people/list.html", "people-facets"
# What asks for the list while somebody types: the simple form, the builder.
ASKING = ("people-filter", "builder-ask")


@requires("crm.view")
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """The table with its filters; HTMX asks for the list alone, and for suggestions when the filters open."""
    if htmx.fragment(request) == "filter-values":
        return htmx.render(request, LIST, {"suggestions": list_page.suggestions()}, partials=("filter-values",))
    form = FilterForm(request.GET)
    is_valid = form.is_valid()
    if is_valid and htmx.fragment(request) == FACETS:
        return htmx.render(request, LIST, {"facets": facets.of(request, form.where)}, partials=(FACETS,))
    is_built = is_valid and builder_views.is_open(request)
    context: dict[str, object] = {
        "form": form,
        "list": list_page.build(request, form) if is_valid else None,
        "chips": [] if is_built else chips(request.path, request.GET),
        "is_built": is_built,
        "advanced": builder_views.list_url(request, form.where),
        "everyone": queries.split(EVERYONE).matched,
        "is_fragment": htmx.fragment(request) == "people-list",
    }
    if is_built and not context["is_fragment"]:
        context |= builder_views.of_address(request, form.where)
    response = htmx.render(request, LIST, context, partials=("people-list",), status=200 if is_valid else 422)
    _keep_address(request, response)
    return response


def _keep_address(request: HttpRequest, response: HttpResponse) -> None:
    """Show the filter being typed in the address without its empty inputs, and as one step back, not one a letter."""
    if request.headers.get("HX-Trigger") not in ASKING or htmx.fragment(request) != "people-list":
        return
    address = links.changed(request.path, request.GET, {})
    was_filtered = "?" in (request.headers.get("HX-Current-URL") or "")
    response["HX-Replace-Url" if was_filtered else "HX-Push-Url"] = address


@requires("crm.view")
@require_safe
def person(request: HttpRequest, person_id: str) -> HttpResponse:
    """One person: facts, registrations, mails and edits."""
    return htmx.render(request, "people/detail.html", {"profile": profile.build(person_id)})


@requires("crm.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, person_id: str) -> HttpResponse:
    """Name what goes with a person, ask, and delete them."""
    stored = queries.get(person_id)
    error = ""
    if request.method == "POST":
        try:
            actions.delete(person_id=person_id, actor=actor(request))
        except errors.Conflict as conflict:
            error = conflict.message
        else:
            messages.success(request, f"{stored.name} deleted")
            return htmx.redirect(request, reverse("people"))
    question = departure.question(stored, back=reverse("person", args=[person_id]), error=error)
    return htmx.render(request, "_components/confirm.html", question, status=409 if error else 200)
