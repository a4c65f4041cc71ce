"""The addresses inside mail that tell of opens. Whoever asks gets an answer, whatever becomes of the record."""

import base64

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from crm.core import errors
from crm.core.pages import status_of
from crm.deliveries.tokens import MailRef
from crm.engagement import actions, doors
from crm.engagement.entities import OPEN, Seen
from crm.staff.permissions import public

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
    return HttpResponse(PIXEL, content_type="image/gif", headers=doors.NOT_KEPT)


def _keep(mail: MailRef, seen: Seen) -> None:
    if not doors.is_flood(mail):
        actions.record_if_possible(mail, seen)


def _refused(error: errors.CrmError) -> HttpResponse:
    """Answer in a few words: mail programs ask for this, rather than people."""
    return HttpResponse(error.message, content_type="text/plain", status=status_of(error), headers=doors.NOT_KEPT)
