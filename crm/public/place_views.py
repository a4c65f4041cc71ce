"""The page of one's own place, which the mails about it lead to: looking changes nothing, a button cancels."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crm.core import addresses, clients, errors, outside, rates
from crm.deliveries import tokens
from crm.deliveries.tokens import PlaceRef
from crm.public import actions, page, queries
from crm.public.queries import Place
from crm.public.views import says_why_not
from crm.staff.permissions import public

# Made-up addresses from one client, in a minute.
_FORGED, _MINUTE = 30, 60


# The address is the secret: whoever has it may cancel, and nobody else can make a browser send it.
@csrf_exempt
@public
@require_http_methods(["GET", "HEAD", "POST"])
@says_why_not
def place(request: HttpRequest, token: str) -> HttpResponse:
    """Show how one's registration stands; on POST give it up."""
    found = queries.place(_ref(request, token))
    if request.method == "POST":
        actions.cancel(event=found.event, person_id=found.person.id)
        return HttpResponse(status=303, headers=outside.NOT_KEPT | {"Location": request.path})
    return outside.unkept(render(request, "public/place.html", _context(found)))


def _ref(request: HttpRequest, token: str) -> PlaceRef:
    try:
        return tokens.read_place(token)
    except errors.NotFound:
        rates.spend(f"forged-place:{clients.address(request)}", _FORGED, _MINUTE)
        raise


def _context(found: Place) -> dict[str, object]:
    return {
        "page": page.of(found.event),
        "fields": found.event.fields,
        "status": found.status,
        "may_cancel": found.may_cancel,
        "address": addresses.masked(found.person.fields.email),
    }
