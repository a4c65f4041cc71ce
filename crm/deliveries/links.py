"""Links in the bodies that people write: tagged with a campaign's UTM parameters, and with the mail they stood in."""

from collections.abc import Mapping
from urllib.parse import quote, unquote, urlencode

from crm.core.utm import Utm


def tagged(link: str, utm: Utm) -> str:
    """Add the triple to a link's query. A value given here replaces the link's own."""
    return carrying(link, utm.parameters())


def carrying(link: str, given: Mapping[str, str]) -> str:
    """Add parameters to a link's query, before its fragment. A value given here replaces the link's own."""
    if not given:
        return link
    rest, hash_sign, fragment = link.partition("#")
    address, _, query = rest.partition("?")
    # Everything else in the query stays as it is, byte for byte: signatures may depend on it.
    kept = [pair for pair in query.split("&") if pair and unquote(pair.partition("=")[0]).lower() not in given]
    root = "" if "/" in address.partition("//")[2] else "/"
    return f"{address}{root}?{'&'.join([*kept, urlencode(given, quote_via=quote)])}{hash_sign}{fragment}"
