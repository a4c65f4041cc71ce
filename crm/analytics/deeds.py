"""What was done with one mail, in words: humans first, machines only where no human did it."""

from crm.analytics.store import MailEngagement


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
