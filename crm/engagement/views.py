"""The addresses inside mail that tell of opens and clicks. Whoever asks is answered, whatever becomes of the record."""

import base64

from django.http import HttpRequest, HttpResponse
from django.utils.encoding import iri_to_uri
from django.views.decorators.http import require_safe

from crm.campaigns import layouts, trials
from crm.core import errors, outside
from crm.core.pages import status_of
from crm.deliveries import links, tokens
from crm.deliveries.tokens import HONEYPOT, MailRef
from crm.engagement import actions, doors
from crm.engagement.entities import CLICK, OPEN, Seen
from crm.events import public_urls
from crm.staff.permissions import public

# No mail has more than 9,999 links.
_DIGITS = 4
# One transparent pixel.
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@public
@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """Note that a mail was opened, and show a picture nobody sees."""
    try:
        mail = doors.mail_of(request, token)
    except errors.CrmError as error:
        return _refused(error)
    _keep(mail, doors.seen(request, OPEN))
    return HttpResponse(PIXEL, content_type="image/gif", headers=outside.NOT_KEPT)


@public
@require_safe
def clicked(request: HttpRequest, token: str, number: str) -> HttpResponse:
    """Note a click, then lead to the address stored with the mail: what is asked for never says where to go."""
    try:
        mail = doors.mail_of(request, token)
        if number == HONEYPOT:
            return _caught(request, mail)
        link = _whole(number)
        target = layouts.destination(mail.source, link)
    except errors.CrmError as error:
        return _refused(error)
    # Kept before the answer goes out; where it cannot be kept, the reader is let through all the same.
    _keep(mail, doors.seen(request, CLICK, link=link))
    return HttpResponse(status=302, headers=outside.NOT_KEPT | {"Location": iri_to_uri(_led(mail, target))})


def _led(mail: MailRef, target: str) -> str:
    """Say to our own pages which campaign leads there; to nobody else, and for no test of one."""
    if not public_urls.is_page(target) or mail.person_id == trials.NOBODY:
        return target
    return links.carrying(target, {"via": tokens.via(mail.source)})


def _caught(request: HttpRequest, mail: MailRef) -> HttpResponse:
    _keep(mail, doors.seen(request, CLICK, is_hidden=True))
    text = "Nobody sees the link to this page. It tells programs that open every link from people who read."
    return HttpResponse(text, content_type="text/plain", headers=outside.NOT_KEPT)


def _whole(number: str) -> int:
    if not (number.isascii() and number.isdigit() and len(number) <= _DIGITS):
        raise errors.NotFound("There is no such link.")
    return int(number)


def _keep(mail: MailRef, seen: Seen) -> None:
    actions.record_if_possible(mail, seen, is_flood=doors.is_flood(mail))


def _refused(error: errors.CrmError) -> HttpResponse:
    """Answer in a few words: mail programs ask for this, rather than people."""
    return HttpResponse(error.message, content_type="text/plain", status=status_of(error), headers=outside.NOT_KEPT)
