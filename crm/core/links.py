"""Addresses of the page one is on, with some of its parameters changed."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import QueryDict


def with_query(path: str, query: Mapping[str, str]) -> str:
    """Return the address of a path with these parameters."""
    return f"{path}?{urlencode(query)}" if query else path


def changed(path: str, query: QueryDict, changes: Mapping[str, str], *, keep_empty: bool = False) -> str:
    """Return the address with these parameters set; "" takes one out.

    Empty ones, as forms send them, are left out, but where `keep_empty`: there they may say something.
    """
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        given = [value for value in values if keep_empty or value.strip()]
        if given and name not in changes:
            kept.setlist(name, given)
    for name, value in changes.items():
        if value:
            kept[name] = value
    return f"{path}?{kept.urlencode()}" if kept else path
