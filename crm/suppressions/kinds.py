"""The kinds of campaign mail somebody may unsubscribe from one by one. Confirmations are none: people ask for those."""

NEWSLETTER, INVITATION, NOTICE = "newsletter", "invitation", "notice"
# In the order in which forms offer them.
KINDS = {NEWSLETTER: "Newsletters", INVITATION: "Event invitations", NOTICE: "Notices"}
DEFAULT = NEWSLETTER


def known(kind: str) -> str:
    """Return the kind, the usual one where it is none."""
    return kind if kind in KINDS else DEFAULT


def label(kind: str) -> str:
    """Return what people read for a kind; one that is no longer offered is shown as it is stored."""
    return KINDS.get(kind, kind)
