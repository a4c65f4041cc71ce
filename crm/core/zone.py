"""Times are shown in the viewer's own time zone, which only their browser knows; page.js tells it in a cookie."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

COOKIE = "tz"
UTC_NAME = "UTC"


def named(name: str) -> ZoneInfo | None:
    """Return the zone of this name, None where there is none; a cookie may hold anything."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def current_key() -> str:
    """Return the active zone's key; the name Django gives is what its clocks say, which names no zone."""
    return getattr(timezone.get_current_timezone(), "key", UTC_NAME)


class ViewerZone:
    """Activates the viewer's zone for one request; UTC where the browser has not told it yet."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request within the viewer's zone."""
        with timezone.override(named(request.COOKIES.get(COOKIE, ""))):
            return self.get_response(request)
