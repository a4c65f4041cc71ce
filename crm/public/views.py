"""The public page of an event with the form to register, what is answered to that, and the event as a calendar file."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from crm.core import clients, errors, outside
from crm.core.forms import refuse
from crm.core.pages import UNPROCESSABLE, status_of
from crm.events import ics
from crm.events.entities import Event
from crm.public import actions, card, forms, page, queries, touches_cookie
from crm.public.forms import RegisterForm
from crm.staff.permissions import public

# Asked for anew each time, since places go quickly.
_FRESH = "private, no-cache"
_PICTURE_S = 3_600
_SPELLED = {"firstName": "name", "lastName": "name"}


def says_why_not[**Rest](
    view: Callable[Concatenate[HttpRequest, Rest], HttpResponse],
) -> Callable[Concatenate[HttpRequest, Rest], HttpResponse]:
    """Answer what a view refuses by a page of the public site rather than of the dashboard."""

    @wraps(view)
    def answered(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except errors.CrmError as error:
            return outside.refused(request, "public/refused.html", error)

    return answered


# Nobody is signed in here, so there is nobody in whose name another site could send the form; what keeps programs out
# is in the form itself, and works in browsers without cookies, too.
@csrf_exempt
@public
@require_http_methods(["GET", "HEAD", "POST"])
@says_why_not
def event(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an event to everybody. Any spelling of its slug, and one it had before, leads to the one it has."""
    found = queries.shown(slug)
    if request.method == "POST":
        return _registered(request, found)
    if slug != found.fields.slug:
        return _moved(request, "public-event", found)
    response = _page(request, found, forms.empty(found))
    if (touch := touches_cookie.visited(request)) is not None:
        touches_cookie.keep(response, touches_cookie.led(request).then(touch))
    return response


@public
@require_safe
@says_why_not
def registered(request: HttpRequest, slug: str) -> HttpResponse:
    """Say to look for a mail: the same to everybody, whatever is known about the address they gave."""
    found = queries.shown(slug)
    return outside.unkept(render(request, "public/registered.html", {"page": page.of(found), "fields": found.fields}))


@public
@require_safe
@says_why_not
def calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the event to a calendar; a cancelled one takes itself out of those that have it."""
    found = queries.shown(slug)
    if slug != found.fields.slug:
        return _moved(request, "public-calendar", found)
    name = f'attachment; filename="{found.id}.ics"'
    headers = {"Cache-Control": _FRESH, "Content-Disposition": name}
    return HttpResponse(ics.of(found), content_type=ics.CONTENT_TYPE, headers=headers)


@public
@require_safe
@says_why_not
def picture(request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG001 - a view
    """Give the picture that other sites show beside a link to the event."""
    headers = {"Cache-Control": f"public, max-age={_PICTURE_S}"}
    return HttpResponse(card.png(queries.shown(slug)), content_type="image/png", headers=headers)


def _registered(request: HttpRequest, found: Event) -> HttpResponse:
    form = forms.filled(request.POST, found)
    thanks = HttpResponse(status=303, headers={"Location": reverse("public-registered", args=[found.fields.slug])})
    try:
        actions.admit(found, clients.address(request))
        if form.is_trap_sprung:
            # A program is not told that it was found out.
            return thanks
        if not form.is_valid():
            return _page(request, found, form, UNPROCESSABLE)
        given = form.cleaned_data
        led = touches_cookie.led(request)
        agreed = forms.consent()
        actions.register(event=found, name=given["name"], email=given["email"], touches=led, consent=agreed)
    except errors.CrmError as error:
        refuse(form, error, _SPELLED)
        return _busy(_page(request, found, form, status_of(error)), error)
    return thanks


def _page(request: HttpRequest, found: Event, form: RegisterForm, status: int = 200) -> HttpResponse:
    context = {"page": page.of(found), "fields": found.fields, "form": form}
    response = render(request, "public/event.html", context, status=status)
    response["Cache-Control"] = _FRESH
    return response


def _busy(response: HttpResponse, error: errors.CrmError) -> HttpResponse:
    if isinstance(error, errors.Busy | errors.TooMany):
        response["Retry-After"] = str(error.retry_after)
    return response


def _moved(request: HttpRequest, view: str, found: Event) -> HttpResponse:
    """Lead on to where the event is now, with the query: it says where the visitor comes from.

    Search engines are told that it moved for good (301), browsers to ask again: another event may take the slug, and
    this one may take it back.
    """
    query = request.META.get("QUERY_STRING", "")
    address = reverse(view, args=[found.fields.slug])
    headers = {"Location": f"{address}?{query}" if query else address, "Cache-Control": _FRESH}
    return HttpResponse(status=301, headers=headers)
