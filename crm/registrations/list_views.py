"""The list of registrations behind a number."""

from django.http import HttpRequest, HttpResponse

from crm.core import htmx, paging
from crm.deliveries.views import UTM_NAMES
from crm.registrations import listing
from crm.search import engine
from crm.staff.permissions import requires


@requires("crm.view")
def registrations(request: HttpRequest) -> HttpResponse:
    """List registrations of all events by what led to them, state and when they got their place."""
    # Asked first: what is counted is then at least as new as it says.
    freshness = engine.store().freshness()
    wanted = listing.wanted(request.GET.dict())
    page = listing.page(wanted, request.GET.get("cursor") or None, limit=paging.PAGE_SIZE)
    context = {
        "rows": listing.rows(page.items, wanted.touch),
        "total": page.total,
        "freshness": freshness,
        "pager": paging.pager(request, rows=len(page.items), total=page.total, next_cursor=page.next),
        "wanted": wanted,
        "campaign": engine.store().campaigns_by_id([wanted.campaign_id]).get(wanted.campaign_id),
        "event": engine.store().events_by_id([wanted.event_id]).get(wanted.event_id),
        "utm": [(UTM_NAMES[name], value) for name, value in wanted.utm.items()],
    }
    return htmx.render(request, "registrations/list.html", context, partials=("registrations-table",))
