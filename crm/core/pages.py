"""The one place that maps what an action refuses to a page of the dashboard."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from crm.core import errors, htmx

BAD_REQUEST, UNPROCESSABLE = 400, 422
ANSWERS: tuple[tuple[type[errors.CrmError], int, str], ...] = (
    (errors.NotFound, 404, "Not found"),
    (errors.Denied, 403, "You may not do this"),
    (errors.Conflict, 409, "This cannot be done now"),
    (errors.Invalid, UNPROCESSABLE, "Something in the address is not right"),
    (errors.Busy, 503, "Too many changes at once"),
    (errors.TooMany, 429, "Too many requests"),
)


def refusal(request: HttpRequest, error: errors.CrmError) -> HttpResponse:
    """Return the page that says why, with the status that fits."""
    status, title = _answer(error)
    if status == UNPROCESSABLE and htmx.fragment(request) is not None:
        # HTMX swaps a 422 in, as a form with its errors; a whole page must not come into the middle of another.
        status = BAD_REQUEST
    response = render(request, "error.html", {"title": title, "text": error.message}, status=status)
    if isinstance(error, errors.Busy | errors.TooMany):
        response["Retry-After"] = str(error.retry_after)
    return response


def status_of(error: errors.CrmError) -> int:
    """Return the status with which a refusal is answered, for what shows no page of the dashboard."""
    return _answer(error)[0]


def _answer(error: errors.CrmError) -> tuple[int, str]:
    return next(((status, title) for kind, status, title in ANSWERS if isinstance(error, kind)), (500, "Error"))


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django names it
    """Answer a form whose CSRF token is not this browser's: mostly a page left open while somebody signed in anew."""
    text = "This page is out of date. Nothing was changed: load it again, then repeat what you did."
    return render(request, "error.html", {"title": "Load the page again", "text": text}, status=403)


class ErrorPages:
    """Turns a CrmError that a dashboard view let through into its page. The API answers its own in problem+json."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a refusal; leave every other exception to become a 500."""
        return refusal(request, exception) if isinstance(exception, errors.CrmError) else None
