"""What staff can do about a dead letter: have it tried again, or take it off the list."""

from crm.audit import repository as audit
from crm.core import dead_letters, errors, transaction
from crm.core.dead_letters import DeadLetter
from crm.feedback import intake
from crm.search import engine
from crm.upkeep import mending

KIND = "dead_letter"


def try_again(*, letter_id: str, actor: str) -> str:
    """Read the item, or SES's event, again; return why it fails still, empty where it does not and is off the list.

    Raises:
        errors.NotFound: there is no such letter, or no more.
        errors.Conflict: its item was removed, which nobody could read; or it failed anew meanwhile.
        errors.Busy: DynamoDB or the read model does not answer; nothing was counted.
    """
    letter = dead_letters.get(letter_id)
    try:
        _bring(letter)
    except errors.Busy:
        raise
    except mending.Gone as error:
        raise errors.Conflict("Its item was removed from DynamoDB: rebuild the read model.") from error
    except Exception as error:  # whatever it is, it is the answer
        why = f"{type(error).__name__}: {error}"
        _close(letter, actor, "tried again", why)
        return why
    _close(letter, actor, "mended")
    return ""


def dismiss(*, letter_id: str, actor: str) -> None:
    """Take a letter off the list; what it is about stays as it is.

    Raises:
        errors.NotFound, errors.Conflict: as in `try_again`.
    """
    _close(dead_letters.get(letter_id), actor, "dismissed")


def _bring(letter: DeadLetter) -> None:
    if letter.is_item:
        mending.bring(letter, engine.store())
    else:
        intake.read(letter.keys["message"], letter.sequence)


def _close(letter: DeadLetter, actor: str, action: str, why: str = "") -> None:
    """Drop the letter, or count another failure where there is a `why`; with its audit entry."""
    tx = transaction.begin()
    if why:
        dead_letters.fail_in(tx, letter, why)
    else:
        dead_letters.settle_in(tx, letter)
    about = {"kind": letter.kind, "attempts": letter.attempts, "error": letter.error}
    audit.record(tx, kind=KIND, id=letter.id, action=action, actor=actor, before=about, after={"error": why})
    try:
        tx.commit()
    except transaction.Refused as error:
        raise errors.Conflict("It was settled, or failed anew, meanwhile. Look at the list again.") from error
