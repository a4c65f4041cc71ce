"""Audit entries are written in the transaction of what they tell of."""

from collections.abc import Mapping

from crm.audit.entities import AuditEntry
from crm.audit.tables import AuditItem, audit_pk
from crm.core import clock, dynamo, ids
from crm.core.transaction import Transaction


def record(
    tx: Transaction,
    *,
    kind: str,
    id: str,  # noqa: A002 - the word every caller uses for it
    action: str,
    actor: str,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Add an entry to an open transaction. Of `before` and `after` only what differs is kept."""
    old, new = dict(before or {}), dict(after or {})
    differing = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    now = clock.now()
    tx.create_mark(
        AuditItem(
            audit_pk(kind, id),
            f"{now.isoformat()}#{ids.new()}",
            action=action,
            actor=actor,
            at=now,
            before={name: old[name] for name in sorted(differing & old.keys())},
            after={name: new[name] for name in sorted(differing & new.keys())},
        ),
        label="audit",
    )


def history(kind: str, subject_id: str, limit: int = 100) -> list[AuditEntry]:
    """Return the newest entries of one thing, newest first, read consistently."""
    pk = audit_pk(kind, subject_id)
    found = dynamo.query(AuditItem, pk, scan_index_forward=False, limit=limit)
    return [_entity(item, kind, subject_id) for item in found]


def _entity(item: AuditItem, kind: str, subject_id: str) -> AuditEntry:
    return AuditEntry(
        id=item.sk,
        kind=kind,
        subject_id=subject_id,
        action=item.action,
        actor=item.actor,
        at=item.at,
        before=item.before,
        after=item.after,
    )
