"""The account that all mail goes out by: what SES grants it, what is used, and what is stopped and why."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from crm.campaigns import page, stops
from crm.core import htmx
from crm.deliveries import health, pacing
from crm.staff.permissions import requires


@requires("crm.view")
@require_safe
def sending(request: HttpRequest) -> HttpResponse:
    """Show how much mail SES takes from us, and every campaign that stopped by itself, with what lifts that."""
    account, is_silent = health.account()
    context = {
        "account": account,
        "is_silent": is_silent,
        "rate": account.rate * pacing.SHARE,
        "share": round(100 * pacing.SHARE),
        "probe_s": round(health.PROBE_S),
        "stopped": stops.found(),
        "may_lift": request.user.has_perm(page.SENDERS),
    }
    return htmx.render(request, "campaigns/sending.html", context)
