"""The cookie in which a visitor's browser keeps the first and the last touch until they register.

It holds UTM parameters, the campaign and the time: nothing about a person. It is signed, so nobody can write a campaign
into it that no mail of ours led from; it goes to the public pages only, and is never sent with another site's form.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from crm.core import clock, touches
from crm.core.touches import DIRECT, Touch, Touches
from crm.deliveries import tokens

NAME, PATH = "touches", "/e/"
_LIFETIME = timedelta(days=90)
_SALT = "crm.public.touches"


def led(request: HttpRequest) -> Touches:
    """Return what led to this visitor so far; nothing where there is no cookie, or one that is not ours."""
    try:
        first, last = signing.loads(request.COOKIES.get(NAME, ""), salt=_SALT, max_age=_LIFETIME)
        return Touches(_read(first), _read(last))
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        # Browsers keep it for longer than releases last: what another one wrote may have another shape.
        return DIRECT


def visited(request: HttpRequest) -> Touch | None:
    """Return the touch that this visit is; None where its address says nothing."""
    campaign_id = tokens.campaign_of(request.GET.get("via", ""))
    return touches.of_visit(request.GET.dict(), clock.now(), campaign_id=campaign_id)


def keep(response: HttpResponse, led: Touches) -> None:
    """Have the browser keep what led to this visitor."""
    value = signing.dumps([_written(led.first), _written(led.last)], salt=_SALT, compress=True)
    response.set_cookie(
        NAME,
        value,
        max_age=_LIFETIME,
        path=PATH,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
    )


def _written(touch: Touch | None) -> dict[str, Any] | None:
    return None if touch is None else {**asdict(touch), "at": touch.at.isoformat()}


def _read(kept: dict[str, Any] | None) -> Touch | None:
    return None if kept is None else Touch(**{**kept, "at": datetime.fromisoformat(kept["at"])})
