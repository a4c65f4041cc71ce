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

# The largest form there is: a file of 5 MB (crm/suppressions/imports.py), and what surrounds it; but for files of
# people (crm/imports/entities.py).
MOST_BYTES = 6_000_000
_LARGER = {"/imports": 51_000_000, "/dashboard/imports/new/": 51_000_000}


def refuse_large_bodies(app: App) -> App:
    """Answer 413 before anything is read: Django bounds forms but not the files in them, wherever they are sent.

    Of a body without a length Django reads nothing. The API and /hooks/ses have smaller limits of their own.
    """

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        # Python parses no number of thousands of digits.
        is_number = length.isascii() and length.isdecimal() and len(length) < 20  # noqa: PLR2004
        most = _LARGER.get(environ.get("PATH_INFO", ""), MOST_BYTES)
        if is_number and int(length) <= most:
            return app(environ, start_response)
        text = f"A body may have {most:,} bytes.".encode()
        head = [("Content-Type", "text/plain"), ("Content-Length", str(len(text))), ("Connection", "close")]
        start_response("413 Content Too Large", head)
        return [text]

    return wrapped


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


application = refuse_large_bodies(answer_health_under_any_host(answer_with_or_without_slash(get_wsgi_application())))
