"""What becomes of a mail at its recipient's: follows from the address, so that the same person always does the same.

AWS's mailbox simulator does as AWS documents it, labels (bounce+label@) included. At any other domain the local parts
bounce+…, complaint+…, softbounce+…, delay+… and reject+… ask for an outcome. Everybody else gets their mail, unless
people are simulated: then a few bounce or complain as in life.
"""

import hashlib

DELIVERED, DELAYED, REJECTED = "delivered", "delayed", "rejected"
BOUNCED, SUPPRESSED, SOFT_BOUNCED, COMPLAINED = "bounced", "suppressed", "soft-bounced", "complained"
_SIMULATOR = "simulator.amazonses.com"
_AT_SIMULATOR = {"bounce": BOUNCED, "suppressionlist": SUPPRESSED, "complaint": COMPLAINED}
_ANYWHERE = {
    "bounce": BOUNCED,
    "complaint": COMPLAINED,
    "softbounce": SOFT_BOUNCED,
    "delay": DELAYED,
    "reject": REJECTED,
}
# Of ten thousand people.
_BOUNCING, _COMPLAINING, _OF = 150, 5, 10_000


def is_simulator(address: str) -> bool:
    """Tell whether it is one of AWS's mailbox simulator, whose mails do not count against the daily quota."""
    return address.lower().endswith(f"@{_SIMULATOR}")


def of(address: str, *, people: bool) -> str:
    """Return what becomes of a mail to this address; `people` tells whether people are simulated."""
    local, _, _domain = address.lower().partition("@")
    wanted, label, _ = local.partition("+")
    if is_simulator(address):
        return _AT_SIMULATOR.get(wanted, DELIVERED)
    if label:
        return _ANYWHERE.get(wanted, DELIVERED)
    if not people:
        return DELIVERED
    number = lot(address, "outcome", _OF)
    if number < _BOUNCING:
        return BOUNCED
    return COMPLAINED if number < _BOUNCING + _COMPLAINING else DELIVERED


def lot(address: str, name: str, of: int) -> int:
    """Draw a number from 0 up to, but not including `of`; the same address and name always draw the same."""
    digest = hashlib.blake2b(f"{name}|{address.lower()}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % of
