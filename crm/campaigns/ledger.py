"""What became of everybody a campaign matched, person by person, as DynamoDB has it: the proof's rows."""

from collections.abc import Iterator

from crm.campaigns import waiting
from crm.campaigns.entities import Campaign
from crm.core import clock
from crm.deliveries import repository as deliveries
from crm.deliveries.entities import Delivery

HEAD = (
    "person_id",
    "email",
    "state",
    "reason",
    "attempts",
    "calls",
    "message_ids",
    "duplicate_risk",
    "created_at",
    "state_at",
    "sent_at",
    "outcome",
    "outcome_at",
    "outcome_reason",
    "due_at",
    "open_because",
)


def rows(campaign: Campaign) -> Iterator[tuple[object, ...]]:
    """Yield one row for each person, in the order of `HEAD`: those left out, too.

    `calls` are the attempts after which SES was called; `message_ids` are SES's, one for each mail it accepted. Of
    mails that are not settled, `due_at` is when they move on by themselves, `open_because` why they are as they are.

    Raises:
        errors.Busy: while iterating, where DynamoDB is overloaded.
    """
    return (_row(campaign, mail) for mail in deliveries.every(campaign.id, campaign.shards))


def _row(campaign: Campaign, mail: Delivery) -> tuple[object, ...]:
    return (
        mail.person_id,
        mail.email,
        mail.state,
        mail.reason,
        mail.attempt,
        mail.attempt - mail.returned,
        " ".join(filter(None, (mail.message_id, *mail.other_message_ids))),
        mail.duplicate_risk,
        mail.created_at,
        mail.state_at,
        mail.sent_at,
        mail.outcome,
        mail.outcome_at,
        mail.outcome_reason,
        mail.due_at,
        waiting.because(campaign, mail.state, mail.reason, is_put_off=bool(mail.due_at and mail.due_at > clock.now())),
    )
