"""Demo mode (`DEMO=1`): the API answers without a token, to this machine only.

Anybody who can reach the port could otherwise read everything, and any web page open in a browser on this machine
could write: so nothing but loopback, no proxy in between, and no request that another site started. That the server
itself listens on loopback only is gunicorn's part, see `crm_site.gunicorn_conf`.
"""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

from crm.core import errors

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


def admits(request: HttpRequest) -> bool:
    """Tell whether this request may go without a token.

    Raises:
        errors.Denied: it could, but another site started it.
    """
    if not settings.DEMO or not _is_local(request):
        return False
    if not _is_same_site(request):
        raise errors.Denied("Another site started this request. Without a token only this site may.")
    return True


def is_loopback(host: str) -> bool:
    """Tell whether an address is this machine's own, IPv4 in IPv6 included."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _is_local(request: HttpRequest) -> bool:
    # A container's port is published by a proxy of the engine's, so there the address says nothing.
    if settings.DEMO_ALLOW_BIND:
        return True
    return is_loopback(request.META.get("REMOTE_ADDR", "")) and not any(h in request.headers for h in _FORWARDED)


def _is_same_site(request: HttpRequest) -> bool:
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.scheme}://{request.get_host()}":
        return False
    # Absent outside browsers; "none" is a person who typed the address.
    return request.headers.get("Sec-Fetch-Site", "none") in {"same-origin", "none"}
