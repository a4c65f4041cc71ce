"""Adding and changing a person."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from crm.core import errors, htmx
from crm.core.forms import refuse
from crm.people import actions, queries
from crm.people.entities import Person, PersonFields
from crm.people.forms import FORM_NAMES, PersonForm
from crm.staff.permissions import actor, requires


@requires("crm.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Add a person."""
    form = PersonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            added = actions.create(fields=PersonFields(**form.values()), actor=actor(request))
        except (errors.Invalid, errors.Conflict) as error:
            refuse(form, error, FORM_NAMES)
        else:
            return _saved(request, added, "added")
    return _page(request, form)


@requires("crm.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, person_id: str) -> HttpResponse:
    """Change a person; what somebody else changed meanwhile is said, never overwritten unseen."""
    stored = queries.get(person_id)
    if request.method != "POST":
        return _page(request, PersonForm.of(stored), stored)
    form = PersonForm(request.POST)
    if not form.is_valid():
        return _page(request, form, stored)
    values, revision = form.values(), form.cleaned_data["revision"]
    try:
        changed = actions.patch(person_id=person_id, values=values, revision=revision, actor=actor(request))
    except (errors.Invalid, errors.Conflict) as error:
        refuse(form, error, FORM_NAMES)
        return _page(request, form, queries.get(person_id))
    return _saved(request, changed, "saved")


def _saved(request: HttpRequest, person: Person, what: str) -> HttpResponse:
    messages.success(request, f"{person.name} {what}")
    return htmx.redirect(request, reverse("person", args=[person.id]))


def _page(request: HttpRequest, form: PersonForm, stored: Person | None = None) -> HttpResponse:
    context = {"form": form, "person": stored, "theirs": form.reopened_on(stored) if stored else []}
    return htmx.render(request, "people/form.html", context, status=422 if form.errors else 200)
