"""Every view needs somebody signed in unless it states otherwise; HTMX must be told in its own way."""

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from crm.core import htmx


class SignInRequired(LoginRequiredMiddleware):
    """Sends to the sign-in page. A redirect would put that page into the middle of the one on the screen."""

    # Django's stubs promise a redirect, which is what HTMX must not get.
    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        """Answer a request that nobody signed in sends."""
        if not getattr(request, "htmx", None):
            return super().handle_no_permission(request, view_func)
        page = urlsplit(request.headers.get("HX-Current-URL", "")).path
        return htmx.redirect(request, f"{reverse('sign-in')}?{urlencode({'next': page})}")
