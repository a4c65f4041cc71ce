"""Writing a campaign to the people of a filter: form, rehearsal, confirmation, and off it goes, now or later."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from crm.campaigns import (
    actions,
    compose_audience,
    compose_builder,
    compose_drafts,
    compose_forms,
    compose_preview,
    one_press,
    queries,
)
from crm.campaigns.compose_audience import Audience
from crm.campaigns.compose_forms import ComposeForm
from crm.campaigns.entities import DRAFT, Campaign, cleaned
from crm.campaigns.rehearsal import Rehearsal
from crm.core import errors, htmx, ids
from crm.core.forms import refuse
from crm.deliveries import merge
from crm.staff.permissions import actor, requires
from crm.suppressions import kinds

FORM, REVIEW = "campaigns/form.html", "campaigns/review.html"
PARTS = ("utm-campaign", "mail-check")
# The element that asks for the count of another kind of mail.
KIND = "mail-kind"
# What may be done with a mail that lacks something.
UNFINISHED = frozenset({"save", "check", "test"})
# What can stand in a mail, each with a default: label and how it is written.
PICKER = tuple((field.label, merge.proposed(field)) for field in merge.FIELDS.values())


@requires("crm.send_campaigns")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write, review, send. The address names the audience; without one, ask for it. `draft` names a kept mail."""
    initial = {} if request.method == "POST" else _initial(request)
    audience = compose_audience.of(request.GET, str(initial.get("kind") or kinds.known(request.POST.get("kind", ""))))
    if audience is None:
        return htmx.render(request, "campaigns/audience.html", compose_audience.offered())
    if request.method != "POST":
        return _show(request, audience, ComposeForm(initial=initial))
    do = request.POST.get("do", "")
    return STEPS.get(do, _review)(request, audience, ComposeForm(request.POST, is_draft=do in UNFINISHED))


@requires("crm.send_campaigns")
@require_safe
def write(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Go on writing a draft."""
    campaign = queries.get(campaign_id).campaign
    if campaign.state != DRAFT:
        raise errors.Conflict("This campaign is no draft any more.")
    query = f"{compose_audience.address(campaign.where, campaign.segment_id)}&{compose_audience.DRAFT}={campaign.id}"
    return htmx.redirect(request, f"{reverse('campaign-new')}?{query}")


def _initial(request: HttpRequest) -> dict[str, object]:
    draft_id = _draft_id(request)
    return {**compose_forms.defaults(), **(compose_drafts.opened(draft_id) if draft_id else {})}


def _draft_id(request: HttpRequest) -> str | None:
    return request.GET.get(compose_audience.DRAFT) or None


def _show(
    request: HttpRequest, audience: Audience, form: ComposeForm, rehearsed: Rehearsal | None = None
) -> HttpResponse:
    context = {
        **_context(audience, form),
        "draft_id": _draft_id(request),
        "own_address": _own_address(request),
        "theirs": _theirs(request, form),
        "key": ids.new(),
        "picker": PICKER,
        "rehearsal": rehearsed,
        "people_url": _people_url(rehearsed),
        "builder_url": compose_builder.url(audience),
    }
    status = 422 if form.is_bound and form.errors else 200
    return htmx.render(request, FORM, context, partials=PARTS, status=status)


def _theirs(request: HttpRequest, form: ComposeForm) -> list[str]:
    """Open a stale form on the draft as it is stored by now; return what somebody else wrote there meanwhile."""
    draft_id = _draft_id(request)
    kept = compose_drafts.stored(draft_id) if draft_id and form.is_bound else None
    return form.reopened_on(kept) if kept else []


def _context(audience: Audience, form: ComposeForm) -> dict[str, object]:
    return {"audience": audience, "form": form, "sender": settings.MAIL_FROM, "seen_by": str(form.data.get("as", ""))}


def _people_url(rehearsed: Rehearsal | None) -> str:
    return "" if rehearsed is None else f"{reverse('people')}?{compose_audience.address(rehearsed.where)}"


def _suggest(request: HttpRequest, audience: Audience, form: ComposeForm) -> HttpResponse:
    form.suggest()
    context = {"audience": audience, "form": form.unjudged()}
    return htmx.render(request, FORM, context, partials=PARTS)


def _check(request: HttpRequest, audience: Audience, form: ComposeForm) -> HttpResponse:
    """Say, while somebody writes, how the subject reads and whose fields are missing."""
    form.is_valid()
    is_recount, seen_by = request.headers.get("HX-Trigger") == KIND, request.POST.get("as", "")
    if is_recount and seen_by not in {person.id for person in audience.samples}:
        # Whoever was chosen gets no mail of this kind.
        seen_by = ""
    check = compose_preview.check(form, audience, seen_by)
    context = {
        **_context(audience, form),
        "seen_by": seen_by,
        "check": check,
        "rehearsal": check.rehearsal,
        "people_url": _people_url(check.rehearsal),
        "is_fragment": htmx.fragment(request) is not None,
        "is_recount": is_recount,
    }
    return htmx.render(request, FORM, context, partials=PARTS)


def _edit(request: HttpRequest, audience: Audience, form: ComposeForm) -> HttpResponse:
    return _show(request, audience, form.unjudged())


def _review(request: HttpRequest, audience: Audience, form: ComposeForm) -> HttpResponse:
    form.suggest()
    if not form.is_valid() or not audience.split.mailable:
        return _show(request, audience, form)
    mail = cleaned(form.mail())
    check = compose_preview.check(form, audience, request.POST.get("as", ""))
    if check.rehearsal and check.rehearsal.total:
        refuse(form, errors.Invalid(check.rehearsal.problems))
        return _show(request, audience, form, check.rehearsal)
    context = _context(audience, form) | {
        "mail": mail,
        "check": check,
        "kind": kinds.label(form.cleaned_data["kind"]),
        "key": ids.new(),
    }
    return htmx.render(request, REVIEW, context)


def _save(request: HttpRequest, audience: Audience, form: ComposeForm) -> HttpResponse:
    if not form.is_valid():
        return _show(request, audience, form)
    mail = form.mail()

    def keep() -> Campaign:
        return actions.draft(mail=mail, campaign_id=_draft_id(request), **_given(request, audience, form))

    try:
        kept_id = one_press.start(request, "draft", _asked(request, form), keep)
    except (errors.Invalid, errors.Conflict) as error:
        refuse(form, error)
        return _show(request, audience, form)
    messages.success(request, f"The draft “{cleaned(mail, is_draft=True).name}” is saved.")
    return htmx.redirect(request, reverse("campaign-write", args=[kept_id]))


def _given(request: HttpRequest, audience: Audience, form: ComposeForm) -> dict[str, Any]:
    """Return what saving and sending are told alike. Call once the form is valid."""
    return {
        "where": audience.where,
        "segment": audience.segment,
        "kind": form.cleaned_data["kind"],
        "at": form.moment,
        "zone": form.place,
        "revision": form.cleaned_data["revision"],
        "actor": actor(request),
    }


def _test(request: HttpRequest, audience: Audience, form: ComposeForm) -> HttpResponse:
    """Mail it to whoever is signed in, as the person chosen in the preview gets it; the form stays as it is."""
    form.suggest()
    to = _own_address(request)
    chosen = request.POST.get("as") or (audience.sample.id if audience.sample else None)
    if form.is_valid():
        try:
            actions.send_test(mail=form.mail(), to=to, person_id=chosen, actor=actor(request))
        except (errors.Invalid, errors.NotFound) as error:
            refuse(form, error)
    if not form.errors:
        messages.success(request, f"A test is on its way to {to}.")
    if htmx.fragment(request) is None:
        return _show(request, audience, form)
    if form.errors:
        messages.error(request, f"No test was sent. {form.complaint}")
    status = 422 if form.errors else 200
    return htmx.render(request, "_components/toasts.html", {"oob": True}, status=status)


def _own_address(request: HttpRequest) -> str:
    assert request.user.is_authenticated, "whoever may send is signed in"
    return request.user.email


def _send(request: HttpRequest, audience: Audience, form: ComposeForm) -> HttpResponse:
    if not form.is_valid():
        return _show(request, audience, form)
    mail = form.mail()

    def start() -> actions.Started:
        return actions.send(
            name=mail.name,
            subject=mail.subject,
            body=mail.body,
            utm=mail.utm,
            draft_id=_draft_id(request),
            **_given(request, audience, form),
        )

    try:
        campaign_id = one_press.start(request, "compose", _asked(request, form), start)
    except (errors.Invalid, errors.Conflict) as error:
        refuse(form, error)
        return _show(request, audience, form)
    return htmx.redirect(request, reverse("campaign", args=[campaign_id]))


def _asked(request: HttpRequest, form: ComposeForm) -> str:
    """Return all that the button was pressed for, in one text."""
    given = {name: form.cleaned_data[name] for name in ("kind", "revision")}
    return f"{request.GET.urlencode()}\n{form.mail()}\n{given}\n{form.moment} {form.place}"


STEPS: Mapping[str, compose_builder.Step] = {
    "suggest": _suggest,
    "check": _check,
    "edit": _edit,
    "audience": compose_builder.step(_edit),
    "review": _review,
    "save": _save,
    "test": _test,
    "send": _send,
}
