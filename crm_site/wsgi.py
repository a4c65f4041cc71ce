"""The WSGI entry point gunicorn loads."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")

type App = Callable[..., Iterable[bytes]]

# These trees have their own idea of a slash at the end.
_SLASH_MATTERS = ("/dashboard/", "/accounts/", "/static/")


def answer_with_or_without_slash(app: App) -> App:
    """Let `/users/` be answered as `/users`, without a redirect that would lose a POST's body."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if len(path) > 1 and path.endswith("/") and not path.startswith(_SLASH_MATTERS):
            environ["PATH_INFO"] = path.rstrip("/") or "/"
        return app(environ, start_response)

    return wrapped


def answer_health_under_any_host(app: App) -> App:
    """Let probes ask `/health/…` by whatever address they know; nothing in those answers depends on the host."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith("/health/"):
            # A leading dot stands for a domain with all below it, which the domain itself belongs to.
            allowed = next(iter(settings.ALLOWED_HOSTS), "*").lstrip(".")
            environ["HTTP_HOST"] = "localhost" if allowed == "*" else allowed
        return app(environ, start_response)

    return wrapped


application = answer_health_under_any_host(answer_with_or_without_slash(get_wsgi_application()))
