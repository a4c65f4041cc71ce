"""What a mail being written looks like to one of those who get it, and whether anything stands in its way."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods, require_safe

from crm.campaigns import layouts, queries, rehearsal
from crm.campaigns.compose_audience import Audience
from crm.campaigns.compose_forms import ComposeForm
from crm.campaigns.rehearsal import Rehearsal
from crm.core import errors
from crm.deliveries import layout, showing
from crm.deliveries.letters import Letter
from crm.deliveries.views import FRAME_CSP
from crm.people.entities import PersonFields
from crm.search import engine
from crm.search.documents import PersonDocument
from crm.staff.permissions import requires

NOTHING_YET = "Nothing written yet. The mail is shown here as it will be sent."
TEXT = "text"


@dataclass(frozen=True, slots=True)
class Check:
    """What is known of a mail being written. `subject` as `person` reads it; `problem`: why it cannot be laid out."""

    person: PersonDocument | None
    subject: str
    problem: str
    rehearsal: Rehearsal | None


def check(form: ComposeForm, audience: Audience, person_id: str) -> Check:
    """Rehearse what was typed so far. Call once the form's fields are cleaned."""
    mail, person = form.mail(), _person(person_id) or audience.sample
    try:
        letter = showing.letter(layout.of(mail.subject, mail.body, mail.utm), _fields(person))
        return Check(person, letter.subject, "", rehearsal.of(audience.where, mail, audience.kind))
    except errors.Invalid as invalid:
        return Check(person, mail.subject, " ".join(invalid.fields.values()), None)


@requires("crm.send_campaigns")
@require_http_methods(["GET", "HEAD", "POST"])
@xframe_options_sameorigin
@csp_override(FRAME_CSP)
def preview(request: HttpRequest) -> HttpResponse:
    """Answer the mail as one person gets it, HTML or text, alone, for a frame that may do nothing."""
    form = ComposeForm(request.POST, is_draft=True)
    form.is_valid()
    mail = form.mail()
    try:
        laid_out = layout.of(mail.subject, mail.body if mail.body.strip() else NOTHING_YET, mail.utm)
    except errors.Invalid as invalid:
        return render(request, "campaigns/preview_refused.html", {"problems": invalid.fields})
    person = _fields(_person(request.POST.get("as", "")))
    return _part(request, showing.letter(laid_out, person), request.POST.get("part", ""))


@requires("crm.view")
@require_safe
@xframe_options_sameorigin
@csp_override(FRAME_CSP)
def sent(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Answer a campaign's mail as it was laid out when it was sent off, as the person `as` gets it."""
    try:
        laid_out = layouts.of(queries.get(campaign_id).campaign)
    except errors.Invalid as invalid:
        # A draft that cannot be laid out yet.
        return render(request, "campaigns/preview_refused.html", {"problems": invalid.fields})
    person = _fields(_person(request.GET.get("as", "")))
    return _part(request, showing.letter(laid_out, person), request.GET.get("part", ""))


def _part(request: HttpRequest, letter: Letter, part: str) -> HttpResponse:
    if part == TEXT:
        return render(request, "campaigns/preview_text.html", {"letter": letter})
    return HttpResponse(letter.html)


def _person(person_id: str) -> PersonDocument | None:
    return engine.store().people_by_id([person_id]).get(person_id) if person_id else None


def _fields(person: PersonDocument | None) -> PersonFields | None:
    return None if person is None else rehearsal.fields_of(person)
