"""When a scheduled campaign goes out: another time, or none yet."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.dateformat import format as format_date
from django.views.decorators.http import require_http_methods, require_POST

from crm.campaigns import actions, asking, page, queries
from crm.campaigns.entities import Campaign
from crm.campaigns.schedule_form import ScheduleForm, shown
from crm.core import errors, forms, htmx
from crm.staff.permissions import actor, requires


@requires(page.SENDERS)
@require_http_methods(["GET", "HEAD", "POST"])
def reschedule(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Let a scheduled campaign go out at another time."""
    report = queries.get(campaign_id)
    form = ScheduleForm(request.POST or None, initial=shown(report.campaign))
    if form.is_valid():
        moment, place = form.cleaned_data["moment"], form.cleaned_data["zone"]
        try:
            actions.reschedule(campaign_id=campaign_id, at=moment, zone=place, actor=actor(request))
        except (errors.Invalid, errors.Conflict) as error:
            forms.refuse(form, error)
        else:
            messages.success(request, f"“{report.campaign.name}” goes out on {_spoken(moment, place)}.")
            return htmx.redirect(request, reverse("campaign", args=[campaign_id]))
    context = page.head(request, report) | {"form": form}
    return htmx.render(request, "campaigns/schedule.html", context, status=422 if form.errors else 200)


@requires(page.SENDERS)
@require_POST
def unschedule(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Make a scheduled campaign a draft again."""

    def act() -> Campaign:
        return actions.unschedule(campaign_id=campaign_id, actor=actor(request))

    return asking.done(request, campaign_id, act, "is a draft again")


def _spoken(moment: datetime, place: str) -> str:
    """Return the moment in words, on the clock on which it was chosen."""
    return f"{format_date(moment.astimezone(ZoneInfo(place)), 'l j F Y, H:i')} {page.on_clock_of(place)}"
