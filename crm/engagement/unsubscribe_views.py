"""The public page on which people say that they want no more mail, and the one click with which mail programs do.

Looking at the page changes nothing: scanners look at every address (RFC 8058, section 1).
"""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from crm.core import addresses, errors, outside
from crm.deliveries.tokens import MailRef
from crm.engagement import doors, subscriptions
from crm.engagement.subscriptions import Subscription
from crm.staff.permissions import public
from crm.suppressions import kinds

ONE_CLICK = ("List-Unsubscribe", "One-Click")


# Whoever has the address may leave: it is the secret, so mail programs and browsers without cookies are let in alike.
# Coming back is what somebody else's page could want of a reader; only that is protected.
@csrf_exempt
@public
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponseBase:
    """Show the page, do what its buttons say, or unsubscribe by one click: from all campaign mail, with no more ado."""
    try:
        mail = doors.mail_of(request, token)
        if request.method != "POST":
            doors.look(mail)
            return _page(request, subscriptions.of(mail))
        name, value = ONE_CLICK
        if request.POST.get(name) == value:
            subscriptions.unsubscribe(mail)
            return HttpResponse("Unsubscribed.", content_type="text/plain", headers=outside.NOT_KEPT)
        return _pressed(request, mail)
    except errors.CrmError as error:
        return outside.refused(request, "engagement/refused.html", error)


def _pressed(request: HttpRequest, mail: MailRef) -> HttpResponse:
    match request.POST.get("choice"):
        case "all":
            subscriptions.unsubscribe(mail)
        case "kind":
            subscriptions.unsubscribe(mail, only_kind=True)
        case "undo":
            return _undone(request, mail)
        case _:
            raise errors.Invalid({"choice": "One of all, kind, undo."})
    return _shown_again(request)


@csrf_protect
def _undone(request: HttpRequest, mail: MailRef) -> HttpResponse:
    doors.change_mind(mail)
    subscriptions.undo(mail)
    return _shown_again(request)


def _shown_again(request: HttpRequest) -> HttpResponse:
    # Reloading the page asks again, and does nothing.
    return HttpResponse(status=303, headers=outside.NOT_KEPT | {"Location": request.path})


def _page(request: HttpRequest, found: Subscription) -> HttpResponse:
    context = {
        "sender": outside.sender(),
        "address": addresses.masked(found.email),
        "kind": kinds.label(found.kind).lower() if found.kind else "",
        "has_left_all": found.has_left_all,
        "has_left_kind": found.has_left_kind,
        "may_undo": found.may_undo,
        "gets_tickets": found.gets_tickets,
        "is_test": found.is_test,
    }
    return outside.unkept(render(request, "engagement/unsubscribe.html", context))
