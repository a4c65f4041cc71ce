"""How what an SES event told of a mail is written: what changes, and what must still be as it was read."""

from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from crm.deliveries.entities import Delivery
from crm.deliveries.tables import DeliveryItem


def is_as_read(read: Delivery) -> Condition:
    """Compare all that `outcomes.after` looks at, but for the ids of other calls: those are only ever added."""
    as_read = (
        (DeliveryItem.state == read.state)
        & (DeliveryItem.attempt == read.attempt)
        & _holds(DeliveryItem.message_id, read.message_id)
    )
    told = _holds(DeliveryItem.outcome_reason, read.outcome_reason) & _holds(DeliveryItem.outcome_at, read.outcome_at)
    condition: Condition = as_read & _holds(DeliveryItem.outcome, read.outcome) & told
    return condition


def _holds(attribute: Attribute[Any], value: object) -> Condition:
    return attribute == value if value else attribute.does_not_exist()


def changes(read: Delivery, told: Delivery) -> list[Action]:
    """Return what to write so that the mail becomes what was told of it as it was `read`."""
    actions: list[Action] = [DeliveryItem.message_id.set(told.message_id)]
    if told.state != read.state:
        actions += [DeliveryItem.state.set(told.state), DeliveryItem.state_at.set(told.state_at)]
        actions += [DeliveryItem.reason.remove(), DeliveryItem.due_pk.remove(), DeliveryItem.due_at.remove()]
    if told.sent_at is not None:
        actions.append(DeliveryItem.sent_at.set(told.sent_at))
    if told.delivered_at is not None:
        actions.append(DeliveryItem.delivered_at.set(told.delivered_at))
    if others := set(told.other_message_ids) - set(read.other_message_ids):
        actions.append(DeliveryItem.other_message_ids.add(others))
    if told.outcome and told.outcome_at is not None:
        actions += [DeliveryItem.outcome.set(told.outcome), DeliveryItem.outcome_at.set(told.outcome_at)]
        why = DeliveryItem.outcome_reason
        actions.append(why.set(told.outcome_reason) if told.outcome_reason else why.remove())
        actions.append(DeliveryItem.is_hard_bounce.set(told.is_hard_bounce))
    return actions
