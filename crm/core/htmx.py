"""One place decides whether a request gets a whole page or one part of it."""

from collections.abc import Mapping
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_template
from django.utils.cache import patch_vary_headers
from django.utils.encoding import iri_to_uri
from django_htmx.middleware import HtmxDetails


def fragment(request: HttpRequest) -> str | None:
    """Return the id of the element HTMX will replace, None where the whole page is needed.

    A boosted link and a step back in history both come from HTMX and both replace the page.
    """
    htmx = cast("HtmxDetails", getattr(request, "htmx", None))
    if not htmx or htmx.boosted or htmx.history_restore_request:
        return None
    return htmx.target


def render(
    request: HttpRequest,
    template: str,
    context: Mapping[str, object] | None = None,
    *,
    partials: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    """Render the page, or the one of its `partials` that HTMX asks for: partial name = element id = hx-target."""
    target = fragment(request)
    name = f"{template}#{target}" if target in partials else template
    response = render_template(request, name, dict(context or {}), status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def redirect(request: HttpRequest, url: str) -> HttpResponse:
    """Send the browser to another page after a write, whether HTMX posted the form or the browser did."""
    # A header takes neither a break nor a letter beyond ASCII.
    target = iri_to_uri(url)
    if getattr(request, "htmx", None):
        return HttpResponse(status=204, headers={"HX-Redirect": target})
    return HttpResponse(status=303, headers={"Location": target})
