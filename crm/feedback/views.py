"""Where SNS posts what becomes of mails. Open to everybody: who may speak is told by the signature."""

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from pynamodb.exceptions import PynamoDBException

from crm.core import clients, errors
from crm.feedback import envelopes, intake
from crm.staff.permissions import public

log = logging.getLogger(__name__)
# SNS carries at most 256 KB, which JSON may spell twice as long inside its envelope.
_MAX_BYTES = 640 * 1024
_AGAIN_IN_S = "5"


@public
@csrf_exempt
@require_POST
def ses(request: HttpRequest) -> HttpResponse:
    """Take one message of SNS. 200: it is stored. 503: SNS is to send it again. 403: it is not SNS's, or not ours."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > _MAX_BYTES:
        return HttpResponse(status=413)
    try:
        intake.posted(request.body, clients.address(request))
    except envelopes.Forged as forged:
        log.warning("a message to /hooks/ses was refused: %s", forged)
        return HttpResponse(status=403)
    except (errors.Busy, errors.TooMany, PynamoDBException) as error:
        log.warning("an SES event is to come again (%s)", type(error).__name__)
        return HttpResponse(status=503, headers={"Retry-After": _AGAIN_IN_S})
    return HttpResponse()
