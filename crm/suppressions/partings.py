"""What becomes of an unsubscribe when its person is deleted: the address keeps it, whoever it is added for again."""

from crm.core import clock
from crm.core.transaction import Transaction
from crm.people import actions as people
from crm.people.entities import Person
from crm.suppressions import actions, repository
from crm.suppressions.entities import UNSUBSCRIBED, Suppression


@people.on_delete
def keep_unsubscribed(tx: Transaction, person: Person, actor: str) -> None:
    """Suppress the address of somebody who wanted no campaign mail; one that stands on the list already stays."""
    email = person.fields.email
    if person.unsubscribed and email and repository.find(email) is None:
        actions.add_to(tx, Suppression(email, UNSUBSCRIBED, clock.now()), actor)
