"""Writing a campaign to the people of a filter: form, live preview, confirmation, and off it goes."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods

from crm.campaigns import actions, compose_audience, compose_forms
from crm.campaigns.compose_audience import Audience
from crm.campaigns.compose_forms import ComposeForm
from crm.campaigns.entities import cleaned
from crm.core import errors, htmx, idempotency, ids
from crm.core.api import answers
from crm.deliveries import layout, showing
from crm.staff.permissions import actor, requires

FORM, REVIEW = "campaigns/form.html", "campaigns/review.html"
NOTHING_YET = "Nothing written yet. The mail is shown here as it will be sent."
# What the preview may load: the styles written in the mail itself, and nothing from anywhere.
PREVIEW_CSP: Mapping[str, Any] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "frame-ancestors": [CSP.SELF],
    "sandbox": True,
}


@requires("crm.send_campaigns")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write, review, send. The address names the audience; without one, ask for it."""
    audience = compose_audience.of(request.GET)
    if audience is None:
        return htmx.render(request, "campaigns/audience.html", {"everyone": compose_audience.everyone()})
    if request.method != "POST":
        return _write(request, audience, ComposeForm(initial=compose_forms.DEFAULTS))
    form = ComposeForm(request.POST)
    step = STEPS.get(request.POST.get("do", ""), _review)
    return step(request, audience, form)


def _write(request: HttpRequest, audience: Audience, form: ComposeForm) -> HttpResponse:
    context = {"audience": audience, "form": form, "sender": settings.MAIL_FROM}
    status = 422 if form.is_bound and form.errors else 200
    return htmx.render(request, FORM, context, partials=("utm-campaign",), status=status)


def _suggest(request: HttpRequest, audience: Audience, form: ComposeForm) -> HttpResponse:
    form.suggest()
    context = {"audience": audience, "form": form.unjudged()}
    return htmx.render(request, FORM, context, partials=("utm-campaign",))


def _edit(request: HttpRequest, audience: Audience, form: ComposeForm) -> HttpResponse:
    return _write(request, audience, form.unjudged())


def _review(request: HttpRequest, audience: Audience, form: ComposeForm) -> HttpResponse:
    form.suggest()
    if not form.is_valid() or not audience.split.mailable:
        return _write(request, audience, form)
    mail = cleaned(form.mail())
    context = {"audience": audience, "form": form, "mail": mail, "sender": settings.MAIL_FROM, "key": ids.new()}
    return htmx.render(request, REVIEW, context)


def _send(request: HttpRequest, audience: Audience, form: ComposeForm) -> HttpResponse:
    if not form.is_valid():
        return _write(request, audience, form)
    mail = form.mail()

    def start() -> actions.Started:
        return actions.send(
            where=audience.where,
            name=mail.name,
            subject=mail.subject,
            body=mail.body,
            utm=mail.utm,
            actor=actor(request),
        )

    return htmx.redirect(request, reverse("campaign", args=[_once(request, f"{audience.query}\n{mail}", start)]))


def _once(request: HttpRequest, asked: str, start: Callable[[], actions.Started]) -> str:
    """Start the campaign, or find the one that an earlier press of the same button started."""
    key = request.POST.get("key") or ids.new()
    digest = hashlib.sha256(asked.encode()).hexdigest()
    keyed = idempotency.Request(f"{actor(request)}#compose", key, digest, _remembered)
    return answers.once(keyed, start).body.decode()


def _remembered(started: object) -> idempotency.Answer:
    assert isinstance(started, actions.Started)
    return idempotency.Answer(201, started.campaign.id.encode(), None)


Step = Callable[[HttpRequest, Audience, ComposeForm], HttpResponse]
STEPS: Mapping[str, Step] = {"suggest": _suggest, "edit": _edit, "review": _review, "send": _send}


@requires("crm.send_campaigns")
@require_http_methods(["GET", "HEAD", "POST"])
@xframe_options_sameorigin
@csp_override(PREVIEW_CSP)
def preview(request: HttpRequest) -> HttpResponse:
    """Answer the mail's HTML part alone, exactly as it will be sent, for a frame that may do nothing."""
    form = ComposeForm(request.POST)
    form.is_valid()
    mail = form.mail()
    try:
        laid_out = layout.of(mail.subject, mail.body if mail.body.strip() else NOTHING_YET, mail.utm)
    except errors.Invalid as invalid:
        return HttpResponse(render_to_string("campaigns/preview_refused.html", {"problems": invalid.fields}))
    return HttpResponse(showing.letter(laid_out, None).html)
