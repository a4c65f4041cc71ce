"""Taking a file's rows in, part after part. Each person is one transaction: fields, audit entry, and what the import
did with their address.

That record is written once for each address, so going over the same rows again, after a kill or beside another worker,
does none of them twice, and an address that comes a second time in the file is known. The cursor only saves work; it
moves together with the counts.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from functools import partial

from crm.audit import repository as audit
from crm.core import addresses, clock, errors, transaction
from crm.imports import reading, repository, row_store
from crm.imports.entities import (
    CANCELLED,
    CANCELLING,
    CREATE,
    CREATED,
    DONE,
    RUNNING,
    SKIP,
    SKIPPED,
    UPDATED,
    BadRow,
    Counts,
    Import,
    Row,
    Taken,
)
from crm.people import actions as people_actions
from crm.people import repository as people
from crm.people.entities import Person, PersonFields

Stop = Callable[[], bool]
_KNOWN = "Somebody with this e-mail address exists already."
_REFUSED, _UNREACHED = "refused", ""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A row that can be taken, as far as it alone says so."""

    row: Row
    digest: str
    fields: PersonFields


@dataclass(frozen=True, slots=True)
class _Known:
    """What is stored for an address: what this import did with it, whose it is, and what mail its last owner left."""

    taken: Taken | None
    person: Person | None
    left_kinds: tuple[str, ...]


def run(import_id: str, pool: Executor, stop: Stop) -> bool:
    """Go on taking a file in. True once it is over; False where `stop` came first.

    Raises:
        errors.Busy: DynamoDB throttled beyond the SDK's retries. What is in, is in.
        LookupError: the file's rows are gone.
    """
    while True:
        found = repository.find(import_id)
        if found is None or found.state not in (RUNNING, CANCELLING):
            return True
        if found.state == CANCELLING:
            return _ended(found, CANCELLED, _took(found, pool, may_write=False))
        if found.next_part == found.parts:
            return _ended(found, DONE, Counts())
        if stop():
            return False
        repository.advance(found, _took(found, pool))


def _ended(found: Import, state: str, counts: Counts) -> bool:
    """Let it be over. False where it was cancelled this very moment, or another worker was faster: look again."""
    tx = transaction.begin()
    repository.end(tx, found, to=state, counts=counts, now=clock.now())
    audit.record(tx, kind="import", id=found.id, action=f"is {state}", actor=found.actor)
    try:
        tx.commit()
    except transaction.Refused:
        return False
    row_store.forget_parts(found.id, found.parts)
    return True


def _took(found: Import, pool: Executor, *, may_write: bool = True) -> Counts:
    """Take in the next part, and count what became of its rows. With `may_write` False, only count what is in."""
    if found.next_part == found.parts:
        return Counts()
    bad, wanted = _sorted(found, row_store.part(found.id, found.next_part))
    known = _known([one.digest for one in wanted], found.id)
    take = partial(_take, found) if may_write else _look
    results = list(pool.map(lambda one: take(one, known[one.digest]), wanted))
    bad += [result for result in results if isinstance(result, BadRow)]
    list(pool.map(partial(row_store.store_bad, found.id), bad))
    tally = Counter(result for result in results if isinstance(result, str))
    return Counts(tally[CREATED], tally[UPDATED], tally[SKIPPED], len(bad))


def _sorted(found: Import, rows: list[Row]) -> tuple[list[BadRow], list[_Wanted]]:
    """Tell rows that can be taken from those that cannot: of one address, the first."""
    bad: list[BadRow] = []
    wanted: dict[str, _Wanted] = {}
    for row in rows:
        fields = reading.wanted(found, row)
        if isinstance(fields, BadRow):
            bad.append(fields)
            continue
        digest = addresses.digest(fields.email)
        if digest in wanted:
            bad.append(_double(found, row, wanted[digest].row.line))
        else:
            wanted[digest] = _Wanted(row, digest, fields)
    return bad, list(wanted.values())


def _double(found: Import, row: Row, line: int) -> BadRow:
    return reading.refused(found, row, errors.Invalid({"email": f"The same address as on line {line}."}))


def _known(digests: list[str], import_id: str) -> Mapping[str, _Known]:
    taken = row_store.taken_of(import_id, digests)
    owners = people.ids_by_digest(digests)
    found = people.find_many(owners.values())
    left = people.left_kinds_by_digest(digest for digest in digests if digest not in owners)
    return {
        digest: _Known(taken.get(digest), found.get(owners.get(digest, "")), left.get(digest, ())) for digest in digests
    }


def _look(one: _Wanted, known: _Known) -> str | BadRow:
    """Tell what became of a row so far."""
    if known.taken is None or known.taken.line != one.row.line:
        return _UNREACHED
    return known.taken.action


def _take(found: Import, one: _Wanted, known: _Known) -> str | BadRow:
    """Take one row in, unless it is in; return what became of it."""
    patience = transaction.Patience()
    while True:
        if known.taken is not None:
            is_own = known.taken.line == one.row.line
            return known.taken.action if is_own else _double(found, one.row, known.taken.line)
        try:
            return _decided(found, one, known, patience)
        except errors.Invalid as error:
            return reading.refused(found, one.row, error)
        except transaction.Refused:
            patience.wait()
        known = _known([one.digest], found.id)[one.digest]


def _decided(found: Import, one: _Wanted, known: _Known, patience: transaction.Patience) -> str:
    """Write what a row asks for.

    Raises:
        errors.Invalid: it cannot be, with what is stored.
        transaction.Refused: something changed meanwhile: look again.
    """
    person = known.person
    if person is None:
        return _create(found, one, known.left_kinds, patience)
    if found.settings.treatment == CREATE:
        raise errors.Invalid({"email": _KNOWN})
    fields = reading.merged(person.fields, one.fields)
    if found.settings.treatment == SKIP or fields == person.fields:
        taken = Taken(one.digest, one.row.line, person.id, SKIPPED, {}, {})
        if not row_store.record_alone(found.id, taken):
            raise transaction.Refused(frozenset({row_store.LABEL}))
        return SKIPPED
    return _update(found, one, person, fields, patience)


def _create(found: Import, one: _Wanted, left_kinds: tuple[str, ...], patience: transaction.Patience) -> str:
    tx = transaction.begin(patience, shows_author=False)
    person = people_actions.add_to(tx, one.fields, found.actor, left_kinds=left_kinds)
    taken = Taken(one.digest, one.row.line, person.id, CREATED, {}, asdict(person.fields))
    row_store.record(tx, found.id, taken)
    tx.commit()
    return CREATED


def _update(found: Import, one: _Wanted, person: Person, fields: PersonFields, patience: transaction.Patience) -> str:
    tx = transaction.begin(patience, shows_author=False)
    people_actions.change_in(tx, person, fields, found.actor)
    old, new = asdict(person.fields), asdict(fields)
    changed = [name for name in old if old[name] != new[name]]
    before, after = {name: old[name] for name in changed}, {name: new[name] for name in changed}
    row_store.record(tx, found.id, Taken(one.digest, one.row.line, person.id, UPDATED, before, after))
    tx.commit()
    return UPDATED
