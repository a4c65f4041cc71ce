"""Writing to those who got a campaign's mail that something in it was wrong: write, review, send."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from crm.campaigns import actions, one_press, page, queries, rehearsal
from crm.campaigns.correct_form import CorrectionForm, initial
from crm.campaigns.entities import Campaign
from crm.campaigns.rehearsal import Rehearsal
from crm.core import errors, forms, htmx, ids
from crm.people import queries as people
from crm.search import filters
from crm.search.documents import PersonDocument
from crm.staff.permissions import actor, requires

_SAMPLES = 5


@requires(page.SENDERS)
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Write a correction to everybody whose mail SES accepted; ask, then send it."""
    report = queries.get(campaign_id)
    form = CorrectionForm(request.POST or None, initial=initial(report.campaign))
    do = request.POST.get("do", "review") if form.is_valid() else "edit"
    rehearsed = _rehearsed(report.campaign, form) if do == "review" else None
    if do == "send":
        try:
            sent = _send(request, report.campaign, form)
        except (errors.Invalid, errors.Conflict) as error:
            forms.refuse(form, error)
        else:
            return htmx.redirect(request, reverse("campaign", args=[sent]))
    is_review = do == "review" and not form.errors
    context = page.head(request, report) | _context(request, report.campaign, form, rehearsed, is_review=is_review)
    return htmx.render(request, "campaigns/correct.html", context, status=422 if form.errors else 200)


def _rehearsed(campaign: Campaign, form: CorrectionForm) -> Rehearsal:
    """Look whose mail would have a hole in it; what is wrong goes beside its field."""
    found = rehearsal.of(rehearsal.got(campaign.id), form.mail(), campaign.kind)
    if found.total:
        forms.refuse(form, errors.Invalid(found.problems))
    return found


def _send(request: HttpRequest, campaign: Campaign, form: CorrectionForm) -> str:
    mail = form.mail()

    def start() -> actions.Started:
        return actions.correct(
            campaign_id=campaign.id, subject=mail.subject, body=mail.body, utm=mail.utm, actor=actor(request)
        )

    return one_press.start(request, "correct", f"{campaign.id}\n{mail}", start)


def _context(
    request: HttpRequest, campaign: Campaign, form: CorrectionForm, rehearsed: Rehearsal | None, *, is_review: bool
) -> dict[str, Any]:
    samples = _samples(campaign)
    return {
        "form": form,
        "is_review": is_review,
        "rehearsal": rehearsed,
        "people_url": f"{reverse('people')}?{filters.address(rehearsed.where)}" if rehearsed else "",
        "key": ids.new(),
        "sender": settings.MAIL_FROM,
        "audience": {"samples": samples, "sample": samples[0] if samples else None},
        "seen_by": request.POST.get("as", ""),
        "split": people.split(rehearsal.got(campaign.id), campaign.kind),
    }


def _samples(campaign: Campaign) -> Sequence[PersonDocument]:
    """Return a few of those who get it, to preview it by."""
    return people.page(rehearsal.readers(rehearsal.got(campaign.id), campaign.kind), limit=_SAMPLES).items
