"""The list of clicks behind a number of the analytics: who clicked which link, when, and whether a machine did."""

from django.http import HttpRequest, HttpResponse

from crm.analytics import link_table
from crm.analytics.columns import HUMAN, TRAFFIC
from crm.core import htmx, links, paging, sorting
from crm.deliveries.views import UTM_NAMES
from crm.engagement import click_list
from crm.search import engine
from crm.staff.permissions import requires


@requires("crm.view")
def clicks(request: HttpRequest) -> HttpResponse:
    """List single clicks, newest first, by where their mails count."""
    # Asked first: what is counted is then at least as new as it says.
    freshness = engine.store().freshness()
    wanted = click_list.wanted(request.GET.dict())
    page = click_list.page(wanted, request.GET.get("cursor") or None, limit=paging.PAGE_SIZE)
    campaign_id = wanted.campaign_id
    context = {
        "rows": click_list.rows(page.items),
        "total": page.total,
        "freshness": freshness,
        "pager": paging.pager(request, rows=len(page.items), total=page.total, next_cursor=page.next),
        "wanted": wanted,
        "utm": [(UTM_NAMES[name], value) for name, value in wanted.utm.items()],
        "campaign": None if campaign_id is None else link_table.mail(campaign_id),
        "link": None if wanted.link is None else link_table.name(campaign_id or "", wanted.link),
        "switch": _switch(request, wanted.traffic),
    }
    return htmx.render(request, "engagement/clicks.html", context, partials=("clicks-table",))


def _switch(request: HttpRequest, chosen: str) -> list[dict[str, object]]:
    """Return the choices of whose clicks are listed, each with its address."""
    fresh = dict.fromkeys(sorting.PLACE, "")
    return [
        {
            "label": label,
            # An empty UTM parameter asks for mails without one.
            "url": links.changed(
                request.path, request.GET, {**fresh, "traffic": "" if name == HUMAN else name}, keep_empty=True
            ),
            "is_chosen": name == chosen,
        }
        for name, label in TRAFFIC.items()
    ]
