"""What the pages share that people without an account see: out of mail, or of an event."""

from email.utils import parseaddr

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from crm.core import errors
from crm.core.pages import status_of

# What a signed address answers tells of one person: nobody keeps it, no search engine lists it.
NOT_KEPT = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}


def sender() -> str:
    """Return the name under which mail is sent."""
    name, address = parseaddr(settings.MAIL_FROM)
    return name or address


def refused(request: HttpRequest, template: str, error: errors.CrmError) -> HttpResponse:
    """Return a page that says in the error's words what did not work, kept by nobody."""
    context = {"sender": sender(), "text": error.message}
    response = unkept(render(request, template, context, status=status_of(error)))
    if isinstance(error, errors.Busy | errors.TooMany):
        response["Retry-After"] = str(error.retry_after)
    return response


def unkept(response: HttpResponse) -> HttpResponse:
    """Have nobody keep or list an answer."""
    for name, value in NOT_KEPT.items():
        response[name] = value
    return response
