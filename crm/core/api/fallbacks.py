"""What Django answers when no view did: pages below the pages' addresses, problems everywhere else."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from crm.core.api import problems

_PAGES = ("/dashboard/", "/accounts/", "/static/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: a Host that is not ours, a request that cannot be understood."""
    if _wants_page(request):
        return defaults.bad_request(request, exception)
    return problems.answer(400, "This request cannot be understood. Its Host, path or body is malformed.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: signed in, but without the permission."""
    if _wants_page(request):
        return defaults.permission_denied(request, exception)
    return problems.answer(403, "You may not do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such address."""
    if _wants_page(request):
        return defaults.page_not_found(request, exception)
    return problems.answer(404, "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault. The log has the trace, the answer never."""
    if _wants_page(request):
        return defaults.server_error(request)
    return problems.answer(500, "Something went wrong here. Nothing was half saved; trying again is safe.")


def _wants_page(request: HttpRequest) -> bool:
    return request.path == "/" or request.path.startswith(_PAGES)
