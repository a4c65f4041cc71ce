"""Changing the do-not-mail list. Each change is one transaction with its audit entry."""

from crm.audit import repository as audit
from crm.core import addresses, clock, errors, transaction
from crm.suppressions import repository
from crm.suppressions.entities import Suppression, cleaned

KIND = "suppression"


def add(*, email: str, reason: str, actor: str) -> tuple[Suppression, bool]:
    """Send an address no campaign mail from now on. Return its entry, and whether it is new.

    One that stands already keeps its reason and date.

    Raises:
        errors.Invalid: naming `email` or `reason`.
        errors.Busy: too many writers at once; nothing was written.
    """
    entry = cleaned(Suppression(email, reason, clock.now()))
    patience = transaction.Patience()
    while True:
        standing = repository.find(entry.email)
        if standing is not None:
            return standing, False
        tx = transaction.begin(patience)
        add_to(tx, entry, actor)
        try:
            tx.commit((entry, True))
        except transaction.Refused:
            patience.wait()
        else:
            return entry, True


def add_to(tx: transaction.Transaction, entry: Suppression, actor: str) -> None:
    """Add an address that does not stand yet to an open transaction, with its audit entry."""
    repository.add(tx, entry)
    after = {"email": entry.email, "reason": entry.reason}
    audit.record(tx, kind=KIND, id=addresses.digest(entry.email), action="added", actor=actor, after=after)


def tell(tx: transaction.Transaction, entry: Suppression, actor: str) -> None:
    """Put what SES told of an address on the list in an open transaction, unless what stands there outranks it."""
    standing = repository.find(entry.email)
    if standing is None:
        add_to(tx, entry, actor)
    elif entry.outranks(standing):
        repository.replace(tx, standing, entry)
        before, after = {"reason": standing.reason}, {"reason": entry.reason}
        audit.record(tx, kind=KIND, id=entry.id, action="replaced", actor=actor, before=before, after=after)


def remove(*, suppression_id: str, actor: str) -> None:
    """Let an address be mailed again.

    Raises:
        errors.NotFound: it is not on the list.
        errors.Busy: too many writers at once; nothing was written.
    """
    patience = transaction.Patience()
    while True:
        entry = get(suppression_id)
        tx = transaction.begin(patience)
        repository.lift(tx, suppression_id)
        before = {"email": entry.email, "reason": entry.reason}
        audit.record(tx, kind=KIND, id=suppression_id, action="removed", actor=actor, before=before)
        try:
            return tx.commit()
        except transaction.Refused:
            patience.wait()


def get(suppression_id: str) -> Suppression:
    """Return an entry by its id, read consistently. Raises errors.NotFound."""
    entry = repository.get(suppression_id)
    if entry is None:
        raise errors.NotFound("This address is not on the do-not-mail list.")
    return entry


def standing(email: str) -> Suppression | None:
    """Return an address's entry, read consistently; None where it is not on the list, or empty."""
    return repository.find(email) if email else None


def is_suppressed(email: str) -> bool:
    """Tell whether an address is on the list, read consistently."""
    return standing(email) is not None
