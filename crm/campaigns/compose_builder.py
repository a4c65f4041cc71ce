"""Another filter for a mail that is being written, put together in the builder on its page."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from crm.campaigns import compose_audience
from crm.campaigns.compose_audience import Audience
from crm.campaigns.compose_forms import ComposeForm
from crm.core import errors
from crm.people import builder_tree, builder_views
from crm.people.filter_form import FOR
from crm.search import filters

Step = Callable[[HttpRequest, Audience, ComposeForm], HttpResponse]


def url(audience: Audience) -> str:
    """Return where the builder is loaded from, open on an audience's filter."""
    asked = {**filters.to_query(audience.where), FOR: builder_views.CAMPAIGN}
    return f"{reverse('people-filter')}?{urlencode(asked, doseq=True)}"


def step(edit: Step) -> Step:
    """Return the step that writes the same to whom the builder's filter matches; `edit` shows the form as it is."""

    def taken(request: HttpRequest, audience: Audience, form: ComposeForm) -> HttpResponse:
        try:
            address = _chosen(request, audience)
        except errors.Invalid as invalid:
            messages.error(request, f"The filter cannot be used: {invalid.fields['filter']}")
            address = ""
        # 307: what was typed is posted on to that address.
        return HttpResponse(status=307, headers={"Location": address}) if address else edit(request, audience, form)

    return taken


def _chosen(request: HttpRequest, audience: Audience) -> str:
    """Return the address of writing to whom the builder's filter matches, empty where that is the audience already.

    Raises:
        errors.Invalid: naming `filter`: conditions in it are not right.
    """
    reading = builder_tree.read(builder_tree.posted(request.POST))
    if reading.problems:
        raise errors.Invalid({"filter": " ".join(reading.problems.values())})
    address = compose_audience.address(reading.where)
    if audience.segment is None and address == compose_audience.address(audience.where):
        return ""
    draft = f"&{compose_audience.DRAFT}={audience.draft_id}" if audience.draft_id else ""
    return f"{reverse('campaign-new')}?{address}{draft}"
