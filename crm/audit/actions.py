"""Noting what changes nothing, and is to be known all the same."""

from collections.abc import Mapping

from crm.audit import repository
from crm.core import transaction


def exported(*, kind: str, actor: str, told: Mapping[str, object]) -> None:
    """Note who takes a file about people along. `told` says which people, and as what.

    Raises:
        errors.Busy: the note cannot be written; nothing may be handed out.
    """
    tx = transaction.begin()
    repository.record(tx, kind=kind, id="export", action="exported", actor=actor, after=told)
    tx.commit()
