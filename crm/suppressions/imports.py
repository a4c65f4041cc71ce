"""Taking a file of addresses into the do-not-mail list: looked through at once, short ones taken in at once too.

Longer ones are taken in by the worker, a few addresses with their audit entries and the cursor in each transaction, so
that a kill repeats nothing and every number is exact.
"""

from dataclasses import dataclass

from crm.core import addresses, clock, csv_in, errors, ids, transaction, walks
from crm.core.walks import Stop, Walk
from crm.suppressions import actions, import_store, repository
from crm.suppressions.entities import Import, Problem, Suppression, cleaned

MAX_BYTES, MAX_ROWS = 5_000_000, 50_000
# No more rows than this are taken in while the browser waits.
AT_ONCE = 1_000
SHOWN_PROBLEMS = 100
_SHOWN_TEXT = 80
# An address takes two of a transaction's hundred actions, the cursor one.
_BATCH = 40
REASON = "imported"
COLUMNS = {
    "email": ("email", "e-mail", "email address", "e-mail address", "address", "mail"),
    "reason": ("reason", "why", "note"),
}


@dataclass(frozen=True, slots=True)
class _Sorted:
    """A file's rows that can be taken, each address once, what is wrong with others, and how many come again."""

    good: list[tuple[str, str]]
    problems: list[Problem]
    doubled: int


def start(*, name: str, given: bytes, actor: str) -> Import:
    """Take in a file: all of it if it is short, otherwise the worker goes on.

    Raises:
        errors.Invalid: naming `file`: too large, no text, no CSV, or no rows at all.
        errors.Busy: too many writers at once; what was begun goes on by itself.
    """
    found = _sorted(given)
    begun = Import(
        id=ids.new(),
        name=name,
        actor=actor,
        rows=len(found.good),
        started_at=clock.now(),
        refused=len(found.problems),
        problems=tuple(found.problems[:SHOWN_PROBLEMS]),
        doubled=found.doubled,
    )
    import_store.store_rows(begun.id, found.good)
    tx = transaction.begin()
    import_store.start(tx, begun)
    tx.commit(begun)
    if begun.rows <= AT_ONCE:
        run_open(lambda: False, only=begun.id)
    return get(begun.id)


def get(import_id: str) -> Import:
    """Return an import, read consistently. Raises errors.NotFound."""
    found = import_store.find(import_id)
    if found is None:
        raise errors.NotFound("There is no such import.")
    return found


def run_open(stop: Stop, only: str = "") -> int:
    """Go on with all unfinished imports, or with one, until `stop` says so; return how many were finished."""

    def run(walk: Walk, stop: Stop) -> bool:
        return only in ("", walk.subject_id) and _run(walk, stop)

    return walks.run_open({walks.SUPPRESSIONS: run}, stop)


def _run(walk: Walk, stop: Stop) -> bool:
    patience = transaction.Patience()
    while not stop():
        found = import_store.find(walk.subject_id)
        if found is None or found.is_done:
            if found is not None:
                import_store.forget_rows(found)
            return True
        if _took(found, patience):
            patience = transaction.Patience()
    return False


def _took(found: Import, patience: transaction.Patience) -> bool:
    """Take in the next few rows. False where the list or the cursor moved meanwhile: look again."""
    rows = import_store.part_from(found)[:_BATCH]
    standing = repository.which(email for email, _ in rows)
    new = [Suppression(email, reason, clock.now()) for email, reason in rows if email not in standing]
    tx = transaction.begin(patience)
    for entry in new:
        actions.add_to(tx, entry, found.actor)
    import_store.advance(tx, found, len(rows), len(new))
    try:
        tx.commit()
    except transaction.Refused:
        patience.wait()
        return False
    return True


def _sorted(given: bytes) -> _Sorted:
    if len(given) > MAX_BYTES:
        raise errors.Invalid({"file": f"At most {MAX_BYTES // 1_000_000} MB."})
    lines = csv_in.lines(given, COLUMNS, field="file", most=MAX_ROWS)
    if not lines:
        raise errors.Invalid({"file": "The file holds no addresses."})
    good: dict[str, tuple[str, str]] = {}
    problems = []
    for line in lines:
        entry = _entry(line.values["email"], line.values["reason"])
        if isinstance(entry, Suppression):
            good.setdefault(addresses.digest(entry.email), (entry.email, entry.reason))
        else:
            problems.append(Problem(line.number, line.values["email"][:_SHOWN_TEXT], entry))
    return _Sorted(list(good.values()), problems, len(lines) - len(good) - len(problems))


def _entry(email: str, reason: str) -> Suppression | str:
    """Return what a row says, or what is wrong with it."""
    try:
        return cleaned(Suppression(email, reason or REASON, clock.now()))
    except errors.Invalid as error:
        return " ".join(error.fields.values())
