"""What was done with one mail, in words: humans first, machines only where no human did it."""

from collections.abc import Mapping

from crm.analytics.store import MailEngagement
from crm.core import errors

# No mail has more than 9,999 links.
_DIGITS = 4

# How an address asks for mails by what was done with them: what it is called, its kind in the read model, and whether
# only humans count.
ASKED: Mapping[str, tuple[str, str, bool]] = {
    "opened": ("Opened", "open", True),
    "opened-all": ("Opened, machines too", "open", False),
    "clicked": ("Clicked", "click", True),
    "clicked-all": ("Clicked, machines too", "click", False),
    "unsubscribed": ("Unsubscribed", "unsubscribe", False),
}


def link(asked: str) -> int | None:
    """Read which link's clickers an address asks for, None where it says nothing.

    Raises:
        errors.Invalid: naming `link`: it is no number of one.
    """
    if not asked:
        return None
    if not (asked.isascii() and asked.isdigit() and len(asked) <= _DIGITS):
        raise errors.Invalid({"link": "The number of a link, from 1; 0 for any that is not known."})
    return int(asked)


def words(did: MailEngagement) -> str:
    """Return for example "Opened 3 times, clicked by a machine", empty where nothing was done."""
    parts = [
        _done("opened", did.opens, did.opens_all),
        _done("clicked", did.clicks, did.clicks_all),
        "unsubscribed" if did.unsubscribes else "",
    ]
    return ", ".join(filter(None, parts)).capitalize()


def _done(what: str, by_humans: int, by_all: int) -> str:
    if by_humans:
        return what if by_humans == 1 else f"{what} {by_humans:,} times"
    return f"{what} by a machine" if by_all else ""
