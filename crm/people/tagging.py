"""Tagging many people: everybody ticked, or everybody a filter matched at one moment. One transaction a person.

A few are done while the browser waits; the worker does the others, goes on after a kill where it was, and stops where
somebody cancels.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import batched

from crm.audit import repository as audit
from crm.core import clock, errors, ids, transaction, walks
from crm.core.walks import Stop, Walk
from crm.people import repository, tagging_store
from crm.people.entities import Person
from crm.people.tagging_job import (
    CANCELLED,
    CHANGED,
    CHOOSING,
    GONE,
    WORKING,
    Tagging,
    Tags,
    cleaned,
    outcome,
    retagged,
)
from crm.search import engine, filters
from crm.search.filters import Condition, Filter

# No more than these are tagged while the browser waits.
AT_ONCE = 100
# People are read this many at a time.
_BATCH = 100


class _Elsewhere(Exception):
    """The job is not where it was read to be: another worker moved it on, or somebody cancelled it."""


def start(*, where: Filter, tags: Tags, actor: str) -> Tagging:
    """Begin to tag everybody whom a filter matches; the worker chooses them, once, and goes through them.

    Raises:
        errors.Invalid: naming `add` or `remove`.
        errors.Busy: DynamoDB is overloaded; nothing was written.
    """
    job = Tagging(ids.new(), where, cleaned(tags), CHOOSING, actor, clock.now())
    return _begun(job)


def start_chosen(*, person_ids: Sequence[str], tags: Tags, actor: str) -> Tagging:
    """Tag these people, of whom there is at least one; few of them at once. Raises as `start` does."""
    chosen = list(dict.fromkeys(person_ids))
    where, freeze_id = Condition("id", "one_of", tuple(chosen)), ids.new()
    job = Tagging(ids.new(), where, cleaned(tags), WORKING, actor, clock.now(), freeze_id, len(chosen))
    for number, part in enumerate(batched(chosen, tagging_store.CHUNK)):
        tagging_store.store_chunk(job.id, freeze_id, number, part)
    _begun(job)
    if len(chosen) <= AT_ONCE:
        run_open(lambda: False, only=job.id)
    return get(job.id)


def newest() -> Sequence[Tagging]:
    """Return the newest jobs, newest first."""
    return list(tagging_store.newest())


def get(job_id: str) -> Tagging:
    """Return a job, read consistently. Raises errors.NotFound."""
    job = tagging_store.find(job_id)
    if job is None:
        raise errors.NotFound("There is no such job.")
    return job


def cancel(*, job_id: str, actor: str) -> Tagging:
    """Let nobody more be tagged; who was stays so.

    Raises:
        errors.NotFound, errors.Busy.
        errors.Conflict: it is over already.
    """
    patience = transaction.Patience()
    while True:
        job = get(job_id)
        if job.is_over:
            raise errors.Conflict(f"This is {job.state} already.")
        tx = transaction.begin(patience)
        tagging_store.cancel(tx, job)
        audit.record(tx, kind="tagging", id=job_id, action="cancelled", actor=actor)
        cancelled = replace(job, state=CANCELLED)
        try:
            tx.commit(cancelled)
        except transaction.Refused:
            patience.wait()
        else:
            return cancelled


def run_open(stop: Stop, only: str = "") -> int:
    """Go on with all unfinished jobs, or with one, until `stop` says so; return how many came to their end."""

    def run(walk: Walk, stop: Stop) -> bool:
        return only in ("", walk.subject_id) and _run(walk.subject_id, stop)

    return walks.run_open({walks.TAGGING: run}, stop)


def _begun(job: Tagging) -> Tagging:
    tx = transaction.begin()
    tagging_store.start(tx, job)
    after = {**asdict(job.tags), "where": filters.to_json(job.where)}
    audit.record(tx, kind="tagging", id=job.id, action="started", actor=job.actor, after=after)
    tx.commit(job)
    return job


def _run(job_id: str, stop: Stop) -> bool:
    while not stop():
        job = tagging_store.find(job_id)
        if job is None or job.is_over:
            return True
        if job.state == WORKING:
            _work(job, stop)
        elif not _choose(job, stop):
            return False
    return False


def _choose(job: Tagging, stop: Stop) -> bool:
    """Write down whom the filter matches, in one consistent read. False where the read model is older than the job, or
    `stop` said so: the next try begins anew."""
    store, freeze_id, sizes = engine.store(), ids.new(), list[int]()
    generation, as_of = store.generation(), store.freshness().as_of
    if as_of is None or as_of < job.started_at:
        return False
    with store.freeze(job.where, tagging_store.CHUNK) as found:
        if store.generation() != generation:
            # Replaced between the question and the read: nobody asked how new this one is.
            return False
        for part in found:
            if stop():
                return False
            tagging_store.store_chunk(job.id, freeze_id, len(sizes), part)
            sizes.append(len(part))
    tagging_store.name_chosen(job, freeze_id, sum(sizes))
    return True


def _work(job: Tagging, stop: Stop) -> None:
    """Tag those of one chunk who are left. Returns early where the job was moved on by somebody else: look again."""
    try:
        for batch in batched(tagging_store.rest_of_chunk(job), _BATCH):
            job = _after(job, batch, stop)
            if stop():
                return
    except _Elsewhere:
        return


def _after(job: Tagging, batch: Sequence[str], stop: Stop) -> Tagging:
    """Tag these people, who come next; return the job as it is then."""
    known = repository.find_many(batch)
    passed: Counter[str] = Counter()
    for person_id in batch:
        if stop():
            break
        became = _retag(job, known.get(person_id), passed)
        passed[became] += 1
        if became == CHANGED:
            job, passed = replace(job, next_row=job.next_row + passed.total()), Counter()
    if passed:
        tx = transaction.begin()
        tagging_store.advance(tx, job, passed)
        _commit(tx)
    return replace(job, next_row=job.next_row + passed.total())


def _retag(job: Tagging, person: Person | None, passed: Counter[str]) -> str:
    """Tag somebody, in the transaction that moves the cursor over them and over all `passed` before; say what became
    of them. Whoever is not changed is not written."""
    patience = transaction.Patience()
    while person is not None:
        before, after = person.fields.tags, retagged(person.fields.tags, job.tags)
        became = outcome(before, after)
        if became != CHANGED:
            return became
        tx = transaction.begin(patience)
        repository.change(tx, person, replace(person.fields, tags=after), person.phone_e164, clock.now())
        told = {"before": {"tags": list(before)}, "after": {"tags": list(after)}}
        audit.record(tx, kind="person", id=person.id, action="edited", actor=job.actor, **told)
        tagging_store.advance(tx, job, passed + Counter((CHANGED,)))
        if _commit(tx):
            return CHANGED
        patience.wait()
        person = repository.find(person.id)
    return GONE


def _commit(tx: transaction.Transaction) -> bool:
    """Return False where the person was changed meanwhile. Raises _Elsewhere where the job was."""
    try:
        tx.commit()
    except transaction.Refused as refused:
        if tagging_store.LABEL in refused.labels:
            raise _Elsewhere from refused
        return False
    return True
