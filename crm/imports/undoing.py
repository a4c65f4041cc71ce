"""Taking an import back: who was added by it is removed, who was changed by it gets back what was there before.

Only as far as nobody did anything since; what is left is listed with the reason. Each person is one transaction with
the audit entry and the mark that this row is settled, so going over the same rows again changes nothing.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import asdict, replace

from crm.audit import repository as audit
from crm.core import clock, transaction
from crm.imports import repository, row_store
from crm.imports.entities import CREATED, LABELS, SHARDS, SKIPPED, TAGS, UNDOING, UNDONE, Import, Left, Taken
from crm.people import actions as people_actions
from crm.people import repository as people
from crm.people.entities import Person, PersonFields
from crm.registrations import repository as registrations
from crm.search import engine

Stop = Callable[[], bool]
# Rows settled between two moves of the cursor.
STEP = 200


def is_possible(found: Import) -> bool:
    """Whether the read model, which alone knows all mails of a person, holds everything from before the undo."""
    as_of = engine.store().freshness().as_of
    return as_of is not None and found.undo_started_at is not None and as_of >= found.undo_started_at


def run(import_id: str, pool: Executor, stop: Stop) -> bool:
    """Go on taking an import back. True once it is; False where `stop` came first or the read model is behind.

    Raises:
        errors.Busy: DynamoDB throttled beyond the SDK's retries. What is taken back, is.
    """
    while True:
        found = repository.find(import_id)
        if found is None or found.state != UNDOING:
            return True
        if found.undo_shard == len(SHARDS):
            return _ended(found)
        if stop() or not is_possible(found):
            return False
        _step(found, pool)


def _ended(found: Import) -> bool:
    tx = transaction.begin()
    repository.end_undo(tx, found, to=UNDONE, now=clock.now())
    audit.record(tx, kind="import", id=found.id, action="is undone", actor=found.actor)
    try:
        tx.commit()
    except transaction.Refused:
        return False
    return True


def _step(found: Import, pool: Executor) -> None:
    rows = row_store.taken_after(found.id, found.undo_shard, found.undo_after, STEP)
    wrote = [row for row in rows if row.action != SKIPPED]
    stored = people.find_many(row.person_id for row in wrote)
    left = sum(pool.map(lambda row: _is_left(found, row, stored.get(row.person_id)), wrote))
    is_last = len(rows) < STEP
    shard, after = (found.undo_shard + 1, "") if is_last else (found.undo_shard, rows[-1].digest)
    repository.advance_undo(found, shard=shard, after=after, undone=len(rows), left=left)


def _is_left(found: Import, row: Taken, person: Person | None) -> bool:
    """Take one row back, unless that is done. Return whether anything of it was left, and keep why."""
    patience = transaction.Patience()
    # Somebody deleted by hand since is gone, which is more than an undo asks for.
    while row.settled is None and person is not None:
        try:
            row = _settled(found, row, person, patience)
        except transaction.Refused:
            patience.wait()
            row = row_store.taken_of(found.id, [row.digest])[row.digest]
            person = people.find(row.person_id)
    if row.settled and person is not None:
        row_store.store_left(found.id, Left(row.line, person.id, person.fields.email, row.settled))
    return bool(row.settled)


def _settled(found: Import, row: Taken, person: Person, patience: transaction.Patience) -> Taken:
    """Write what an undo does to a person, with what it leaves. Raises transaction.Refused: look again."""
    tx = transaction.begin(patience, shows_author=False)
    left = _removed(tx, found, row, person) if row.action == CREATED else _restored(tx, found, row, person)
    row_store.settle(tx, found.id, row, left)
    tx.commit()
    return replace(row, settled=left)


def _removed(tx: transaction.Transaction, found: Import, row: Taken, person: Person) -> str:
    """Remove somebody who was added, unless that would take more with it than the import brought: then say what."""
    left = _changed_since(row, person) or _taken_part(person)
    if not left:
        people_actions.remove_in(tx, person, found.actor)
    return left


def _changed_since(row: Taken, person: Person) -> str:
    fields = asdict(person.fields)
    changed = [name for name, value in fields.items() if not _is_same(value, row.after[name])]
    if changed:
        return f"Changed since: {_labels(changed)}."
    return "Unsubscribed since." if person.unsubscribed else ""


def _taken_part(person: Person) -> str:
    if person.owned or person.events_hosted:
        return "Runs events."
    # Registering writes to the person, so that whoever nothing was written to since has no registrations either.
    if person.version > 1 and any(True for _ in registrations.event_ids_of_person(person.id)):
        return "Has registrations."
    # The one question whose answer DynamoDB does not have by itself; see `is_possible`.
    return "Was sent mail." if engine.store().deliveries(person_id=person.id, limit=1).items else ""


def _restored(tx: transaction.Transaction, found: Import, row: Taken, person: Person) -> str:
    """Give somebody back what was there before, where it is as the import left it; return what is not."""
    now = asdict(person.fields)
    kept = [name for name in row.after if name != TAGS and not _is_same(now[name], row.after[name])]
    former = {name: value for name, value in row.before.items() if name not in kept}
    if TAGS in former:
        # Others may have come and gone since: only those that the import brought go.
        brought = {*_texts(row.after[TAGS])} - {*_texts(row.before[TAGS])}
        former[TAGS] = tuple(tag for tag in person.fields.tags if tag not in brought)
    fields: PersonFields = replace(person.fields, **former)  # type: ignore[arg-type]
    if fields != person.fields:
        people_actions.change_in(tx, person, fields, found.actor)
    return f"Changed since: {_labels(kept)}." if kept else ""


def _is_same(now: object, stored: object) -> bool:
    # JSON, which holds what was stored, has lists for tuples.
    return list(now) == stored if isinstance(now, tuple) else now == stored


def _texts(stored: object) -> list[str]:
    return [str(text) for text in stored] if isinstance(stored, list) else []


def _labels(names: list[str]) -> str:
    return ", ".join(LABELS[name].lower() for name in names)
