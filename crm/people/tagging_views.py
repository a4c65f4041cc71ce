"""Tagging many people: naming the tags, and how far the job is."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from crm.core import errors, htmx
from crm.core.forms import refuse
from crm.people import phrases, queries, tagging
from crm.people.filter_form import conditions
from crm.people.forms import TagsField
from crm.people.tagging_job import Tagging, Tags
from crm.search import filters
from crm.search.filters import Filter
from crm.staff.permissions import actor, requires

ALL, ID = "all", "id"


class TaggingForm(forms.Form):
    """Which tags to put on, and which to take off."""

    add = TagsField(label="Tags to put on", help_text="Commas between tags. Who has one keeps it.")
    remove = TagsField(label="Tags to take off", help_text="Who does not have it stays as they are.")

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        for field in self.fields.values():
            field.widget.attrs["list"] = "known-tags"

    def tags(self) -> Tags:
        """Return what was typed. Call after `is_valid`."""
        return Tags(self.cleaned_data["add"], self.cleaned_data["remove"])


@requires("crm.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Name the tags for those whom the address names: people, a filter, or `all` for everybody."""
    given = conditions(request.GET)
    is_everybody = given.pop(ALL, []) == ["true"]
    if not given and not is_everybody:
        return htmx.redirect(request, reverse("people"))
    where = filters.from_query(given)
    form = TaggingForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            job = _started(given, where, form.tags(), actor(request))
        except errors.Invalid as invalid:
            refuse(form, invalid)
        else:
            return htmx.redirect(request, reverse("people-tagging", args=[job.id]))
    context = {
        "form": form,
        "matched": queries.split(where).matched,
        "phrase": phrases.of(where),
        "back": f"{reverse('people')}?{given.urlencode()}" if list(given) != [ID] else reverse("people"),
        "known": queries.commonest("tags"),
    }
    return htmx.render(request, "people/tag.html", context, status=422 if form.errors else 200)


def _started(given: QueryDict, where: Filter, tags: Tags, by: str) -> Tagging:
    if list(given) == [ID]:
        return tagging.start_chosen(person_ids=given.getlist(ID), tags=tags, actor=by)
    return tagging.start(where=where, tags=tags, actor=by)


@requires("crm.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def job(request: HttpRequest, job_id: str) -> HttpResponse:
    """Show how far a job is; POST cancels it."""
    if request.method == "POST":
        try:
            tagging.cancel(job_id=job_id, actor=actor(request))
        except errors.Conflict as conflict:
            messages.error(request, conflict.message)
        return htmx.redirect(request, request.path)
    found = tagging.get(job_id)
    context = {"job": found, "phrase": phrases.of(found.where)}
    return htmx.render(request, "people/tagging.html", context, partials=("tagging-live",))
