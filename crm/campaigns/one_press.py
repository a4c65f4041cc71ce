"""A button that sends: pressed twice, it starts one campaign."""

import hashlib
from collections.abc import Callable

from django.http import HttpRequest

from crm.campaigns.actions import Started
from crm.core import idempotency, ids
from crm.core.api import answers
from crm.staff.permissions import actor


def start(request: HttpRequest, scope: str, asked: str, run: Callable[[], Started]) -> str:
    """Start a campaign, or find the one that an earlier press of the same button started; return its id.

    `scope` names the form, `asked` what is to be sent: the form's field `key` must not be used for anything else.

    Raises:
        errors.Invalid: the key was used for another mail.
        Whatever `run` raises.
    """
    key = request.POST.get("key") or ids.new()
    digest = hashlib.sha256(asked.encode()).hexdigest()
    keyed = idempotency.Request(f"{actor(request)}#{scope}", key, digest, _remembered)
    return answers.once(keyed, run).body.decode()


def _remembered(started: object) -> idempotency.Answer:
    assert isinstance(started, Started)
    return idempotency.Answer(201, started.campaign.id.encode(), None)
