"""The API: which router answers where, and what all of them share."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override

from crm.analytics import api as analytics
from crm.campaigns import api as campaigns
from crm.campaigns import control_api as campaign_controls
from crm.core.api import documentation, guards, parsing, problems
from crm.events import api as events
from crm.imports import api as imports
from crm.people import api as people
from crm.people import tagging_api as tagging
from crm.registrations import api as registrations
from crm.segments import api as segments
from crm.staff.permissions import public, requires
from crm.suppressions import api as suppressions

_DOCS = ("openapi-json", "openapi-view")


def _docs_access(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Show the documentation to staff, in demo mode to everybody. Swagger's icons are data: images."""
    guard = public if settings.DEMO else requires("crm.view")
    return guard(csp_override({**settings.SECURE_CSP, "img-src": [CSP.SELF, "data:"]})(view))


api = documentation.Api(
    title="Event CRM",
    version="1.0.0",
    description=(
        "People, events, registrations, campaigns and what came of them. Errors are `application/problem+json` and "
        "name the field. Lists take `limit` and `cursor`. Writes take an `Idempotency-Key`, edits an `If-Match`."
    ),
    docs_decorator=_docs_access,
    parser=parsing.StrictParser(),
)
problems.install(api)
api.add_decorator(guards.admit, mode="view")
api.add_decorator(guards.refuse_unknown_parameters)
# Tagging first: its address would be somebody's id otherwise.
for part in (
    tagging,
    people,
    segments,
    events,
    registrations,
    campaigns,
    campaign_controls,
    suppressions,
    imports,
    analytics,
):
    api.add_router("", part.router)

urls = api.urls
for pattern in urls[0]:
    # Tokens and scopes guard the operations; the session's middleware has no say there.
    if isinstance(pattern, URLPattern) and pattern.name not in _DOCS and pattern.callback is not None:
        pattern.callback = login_not_required(guards.with_problems(pattern.callback))
