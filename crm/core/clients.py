"""Where a request comes from."""

import re
from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

# Some proxies (Azure's Application Gateway) write the port, too, which is another one for each connection.
_WITH_PORT = re.compile(r"\[(?P<six>[^\]]+)\](?::\d+)?|(?P<four>[\d.]+):\d+")
# What one customer of a provider is given at least (RFC 6177), and may call from address by address.
_ONE_CUSTOMER = 64


def address(request: HttpRequest) -> str:
    """Return the address by which a client counts: the socket's, or what the outermost trusted proxy saw.

    It is an IPv4 address or the /64 of an IPv6 address, without a port; as it came where it is neither.

    Each proxy appends the address it was called from, so with n trusted ones the n-th from the right is theirs;
    what stands further left was written by the client.
    """
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    trusted = settings.TRUSTED_PROXIES
    if trusted and len(seen) >= trusted:
        return _counted(seen[-trusted])
    return _counted(str(request.META.get("REMOTE_ADDR", "")))


def _counted(seen: str) -> str:
    with_port = _WITH_PORT.fullmatch(seen)
    try:
        found = ip_address((with_port["six"] or with_port["four"]) if with_port else seen)
    except ValueError:
        return seen
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Network((int(found), _ONE_CUSTOMER), strict=False))
