"""The page that staff see first."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from crm.core import htmx
from crm.home import attention, lately, today
from crm.search import engine
from crm.staff.permissions import requires


@requires("crm.view")
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What is on today, what is being sent, what needs a look, and what happened last."""
    if htmx.fragment(request) == "sending-now":
        return htmx.render(request, "home.html", {"sending": today.sending()}, partials=("sending-now",))
    # Asked first: what is counted is then at least as new as it says.
    freshness = engine.store().freshness()
    schedule = today.schedule()
    context = {
        "stats": today.stats(),
        "freshness": freshness,
        "schedule": today.paced(schedule[: today.EVENTS_SHOWN]),
        "sending": today.sending(),
        "todo": attention.items(schedule, may_edit=request.user.has_perm("crm.edit")),
        "lately": lately.happenings(),
    }
    return htmx.render(request, "home.html", context)
