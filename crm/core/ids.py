"""Identifiers: ULIDs in lower case, so that they sort by time of creation and read well in a URL."""

from ulid import ULID


def new() -> str:
    """Return a fresh identifier of 26 characters."""
    return str(ULID()).lower()
