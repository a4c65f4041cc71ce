"""What staff can do to an import. Each is one transaction with its audit entry; the worker does the rest."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import BinaryIO

from crm.audit import repository as audit
from crm.core import clock, errors, transaction, walks
from crm.core.transaction import Transaction
from crm.deliveries import hints
from crm.imports import repository, uploads
from crm.imports.entities import (
    CANCELLED,
    CANCELLING,
    DONE,
    EMAIL,
    RUNNING,
    TREATMENTS,
    UNDOING,
    UPLOADED,
    Import,
    Settings,
)
from crm.people.entities import PersonFields, cleaned

KIND = "import"
_PLACEHOLDER = "somebody@example.com"


def upload(*, name: str, size: int, file: BinaryIO, actor: str) -> Import:
    """Store a file, to be started once its columns are named. Raises as `uploads.store` does."""
    new = uploads.store(name=name, size=size, file=file, actor=actor)
    tx = transaction.begin()
    repository.create(tx, new)
    _tell(tx, new, "uploaded", actor, after={"file": new.name, "rows": new.rows})
    tx.commit(new)
    return new


def start(*, import_id: str, settings: Settings, actor: str) -> Import:
    """Take an uploaded file in.

    Raises:
        errors.NotFound, errors.Busy.
        errors.Invalid: naming `columns`, `treatment` or `tags`.
        errors.Conflict: it was started already.
    """

    def decide(tx: Transaction) -> Import:
        found = get(import_id)
        if found.state != UPLOADED:
            raise errors.Conflict("This import was started already.")
        chosen = checked(settings, found)
        now = clock.now()
        repository.start(tx, found, chosen, now)
        walks.start(tx, kind=walks.IMPORT, subject_id=import_id, actor=actor)
        _tell(tx, found, "started", actor, after=asdict(chosen))
        return replace(found, state=RUNNING, settings=chosen, started_at=now)

    return _decided(decide)


def take_in(*, name: str, size: int, file: BinaryIO, settings: Callable[[Import], Settings], actor: str) -> Import:
    """Store a file and take it in at once; `settings` is told what its columns seem to be.

    Raises:
        errors.Invalid: as `uploads.store` and `start` do.
        errors.Busy: nothing is taken in.
    """
    stored = uploads.store(name=name, size=size, file=file, actor=actor)
    new = replace(stored, state=RUNNING, settings=checked(settings(stored), stored), started_at=stored.created_at)
    tx = transaction.begin()
    repository.create(tx, new)
    walks.start(tx, kind=walks.IMPORT, subject_id=new.id, actor=actor)
    _tell(tx, new, "started", actor, after={"file": new.name, "rows": new.rows, **asdict(new.settings)})
    tx.commit(new)
    hints.wake(hints.IMPORTS)
    return new


def cancel(*, import_id: str, actor: str) -> Import:
    """Stop an import; what is in stays, and may be taken back.

    Raises:
        errors.NotFound, errors.Busy, errors.Conflict: it does not run.
    """

    def decide(tx: Transaction) -> Import:
        found = get(import_id)
        if found.state != RUNNING:
            raise errors.Conflict("This import does not run.")
        repository.move(tx, found, to=CANCELLING)
        _tell(tx, found, "cancelled", actor)
        return replace(found, state=CANCELLING)

    return _decided(decide)


def undo(*, import_id: str, actor: str) -> Import:
    """Take back what an import wrote, as far as nobody changed it since.

    Raises:
        errors.NotFound, errors.Busy.
        errors.Conflict: it runs, wrote nothing, is taken back already, or is over for too long.
    """

    def decide(tx: Transaction) -> Import:
        found = get(import_id)
        now = clock.now()
        if not found.may_be_undone(now):
            raise errors.Conflict(_why_not(found))
        repository.begin_undo(tx, found, to=UNDOING, now=now)
        walks.start(tx, kind=walks.IMPORT, subject_id=import_id, actor=actor)
        _tell(tx, found, "undone", actor)
        return replace(found, state=UNDOING, undo_started_at=now)

    return _decided(decide)


def get(import_id: str) -> Import:
    """Return an import, read consistently. Raises errors.NotFound."""
    found = repository.find(import_id)
    if found is None:
        raise errors.NotFound("There is no such import.")
    return found


def checked(settings: Settings, found: Import) -> Settings:
    """Return settings that hold for a file.

    Raises:
        errors.Invalid: naming `columns`, `treatment` or `tags`.
    """
    problems = {}
    fields = [field for field in settings.columns if field]
    if EMAIL not in fields:
        problems["columns"] = "Choose the column that holds the e-mail addresses."
    elif len(fields) != len(set(fields)):
        problems["columns"] = "Two columns cannot be the same field."
    elif len(settings.columns) != len(found.head):
        problems["columns"] = f"Name a field, or nothing, for each of {len(found.head)} columns."
    if settings.treatment not in TREATMENTS:
        problems["treatment"] = f"One of {', '.join(TREATMENTS)}."
    try:
        tags = cleaned(PersonFields(_PLACEHOLDER, tags=settings.tags)).tags
    except errors.Invalid as error:
        problems |= error.fields
    if problems:
        raise errors.Invalid(problems)
    return replace(settings, tags=tags)


def _why_not(found: Import) -> str:
    if found.state not in (DONE, CANCELLED):
        return "Only an import that is over can be undone, and only once."
    if not found.changed:
        return "This import changed nobody."
    return "This import is over for too long: what was there before is kept no more."


def _decided(decide: Callable[[Transaction], Import]) -> Import:
    patience = transaction.Patience()
    while True:
        tx = transaction.begin(patience)
        decided = decide(tx)
        try:
            tx.commit(decided)
        except transaction.Refused:
            patience.wait()
        else:
            hints.wake(hints.IMPORTS)
            return decided


def _tell(tx: Transaction, found: Import, action: str, actor: str, after: dict[str, object] | None = None) -> None:
    audit.record(tx, kind=KIND, id=found.id, action=action, actor=actor, after=after)
