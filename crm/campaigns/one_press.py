"""A button that keeps or sends a mail: pressed twice, it makes one campaign."""

import hashlib
from collections.abc import Callable

from django.http import HttpRequest

from crm.campaigns.actions import Started
from crm.campaigns.entities import Campaign
from crm.core import errors, idempotency, ids
from crm.core.api import answers
from crm.staff.permissions import actor

_OTHER_WORDS = "This was pressed before, with other words, and is done. To do it once more with these, press again."


def start(request: HttpRequest, scope: str, asked: str, run: Callable[[], Started | Campaign]) -> str:
    """Start or keep a campaign, or find the one that an earlier press of the same button made; return its id.

    `scope` names the form, `asked` what is to be sent: the form's field `key` must not be used for anything else.

    Raises:
        errors.Conflict: the key was used for another mail.
        Whatever `run` raises.
    """
    key = request.POST.get("key") or ids.new()
    digest = hashlib.sha256(asked.encode()).hexdigest()
    keyed = idempotency.Request(f"{actor(request)}#{scope}", key, digest, _remembered)
    try:
        return answers.once(keyed, run).body.decode()
    except errors.Invalid as error:
        if answers.HEADER in error.fields:
            raise errors.Conflict(_OTHER_WORDS) from error
        raise


def _remembered(started: object) -> idempotency.Answer:
    campaign = started.campaign if isinstance(started, Started) else started
    assert isinstance(campaign, Campaign)
    return idempotency.Answer(201, campaign.id.encode(), None)
