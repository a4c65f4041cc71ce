"""Lists of mails: those behind a number, those of an event, and in demo mode those the emulator received."""

from collections.abc import Mapping
from functools import wraps
from typing import Any, Protocol

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override

from crm.analytics import deeds, link_table
from crm.core import htmx, paging
from crm.deliveries import forms, mailbox, mails
from crm.events import queries as events
from crm.events.views import overview
from crm.search import engine
from crm.search.documents import DeliveryDocument
from crm.search.store import Page
from crm.staff.permissions import requires

# What a mail may load when shown in its frame: its own styles, and nothing from anywhere.
FRAME_CSP: Mapping[str, Any] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "frame-ancestors": [CSP.SELF],
    "sandbox": True,
}
LETTERS_SHOWN = 25
UTM_NAMES = {"utm_source": "Source", "utm_medium": "Medium", "utm_campaign": "Campaign"}


@requires("crm.view")
def deliveries(request: HttpRequest) -> HttpResponse:
    """List the mails behind a number of the analytics: by UTM, state and when they came into it."""
    # Asked first: what is counted is then at least as new as it says.
    freshness = engine.store().freshness()
    wanted = forms.wanted(request.GET.dict())
    page = _page(wanted, request.GET.get("cursor") or None)
    context = {
        "rows": mails.rows(page.items),
        "total": page.total,
        "freshness": freshness,
        "pager": paging.pager(request, rows=len(page.items), total=page.total, next_cursor=page.next),
        "wanted": wanted,
        "utm": [(UTM_NAMES[name], value) for name, value in wanted.utm.items()],
        "campaign": None if wanted.campaign_id is None else link_table.mail(wanted.campaign_id),
        "link": None if wanted.link is None else link_table.name(wanted.campaign_id or "", wanted.link),
        "did": deeds.ASKED[wanted.did][0] if wanted.did else "",
    }
    return htmx.render(request, "deliveries/list.html", context, partials=("mails-table",))


def _page(wanted: forms.Wanted, cursor: str | None) -> Page[DeliveryDocument]:
    _, kind, by_human = deeds.ASKED[wanted.did] if wanted.did else ("", None, False)
    is_open = wanted.state == forms.OPEN
    return engine.store().deliveries(
        campaign_id=wanted.campaign_id,
        utm=wanted.utm or None,
        state=None if is_open else wanted.state,
        still_open=is_open,
        outcome=wanted.outcome,
        engaged=kind,
        link=wanted.link,
        by_human=by_human,
        entered_from=wanted.since,
        entered_before=wanted.before,
        limit=paging.PAGE_SIZE,
        cursor=cursor,
    )


@requires("crm.view")
def event_mail(request: HttpRequest, event_id: str) -> HttpResponse:
    """List the mails that registrations of an event caused."""
    shown = events.get(event_id)
    page = engine.store().deliveries(
        event_id=event_id, limit=paging.PAGE_SIZE, cursor=request.GET.get("cursor") or None
    )
    context = {
        **overview(request, shown),
        "rows": mails.rows(page.items),
        "total": page.total,
        "pager": paging.pager(request, rows=len(page.items), total=page.total, next_cursor=page.next),
    }
    return htmx.render(request, "deliveries/event.html", context, partials=("event-mails",))


class _View(Protocol):
    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse: ...  # noqa: ANN401


def demo_only(view: _View) -> _View:
    """Answer 404 outside demo mode."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@requires("crm.view")
@demo_only
def received(request: HttpRequest) -> HttpResponse:
    """List what the SES simulator accepted, newest first."""
    text = request.GET.get("q", "").strip()
    context: dict[str, Any] = {"q": text, "problem": ""}
    try:
        heads = mailbox.Heads(text)
        page = Paginator(heads, LETTERS_SHOWN).get_page(request.GET.get("page"))
        context |= {"page": page, "total": len(heads), "everything": heads.everything}
    except mailbox.Unreadable as error:
        context |= {"problem": str(error), "everything": 0}
    return htmx.render(request, "deliveries/mailbox.html", context, partials=("letters-table",))


@requires("crm.view")
@demo_only
def letter(request: HttpRequest, letter_id: str) -> HttpResponse:
    """Show one mail: its head, its HTML part in a sandboxed frame, its text part."""
    return htmx.render(request, "deliveries/letter.html", {"letter": _letter(letter_id)})


@requires("crm.view")
@demo_only
@xframe_options_sameorigin
@csp_override(FRAME_CSP)
def letter_html(request: HttpRequest, letter_id: str) -> HttpResponse:  # noqa: ARG001 - a view
    """Answer a mail's HTML part alone, under a policy of its own."""
    return HttpResponse(_letter(letter_id).html)


def _letter(letter_id: str) -> mailbox.Letter:
    try:
        return mailbox.letter(letter_id)
    except mailbox.Unreadable as error:
        raise Http404(str(error)) from error
