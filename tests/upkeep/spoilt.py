"""Items that nobody can read, and the letters of records about people."""

from typing import Any

from crm.core import clock, dead_letters, dynamo
from crm.core.dead_letters import DeadLetter
from crm.people.tables import PersonItem, person_pk


def spoil(person_id: str) -> None:
    """Have a person stored in a way that nothing reads."""
    client: Any = dynamo.connection().client
    client.update_item(
        TableName=PersonItem.Meta.table_name,
        Key={"pk": {"S": person_pk(person_id)}, "sk": {"S": "PERSON"}},
        UpdateExpression="SET created_at = :never ADD version :one",
        ExpressionAttributeValues={":never": {"S": "never"}, ":one": {"N": "1"}},
    )


def bury(person_id: str, sequence: str = "1", *, is_removal: bool = False) -> DeadLetter:
    """Lay a record of a person aside."""
    keys = {"pk": person_pk(person_id), "sk": "PERSON"}
    why, now = "ValueError: never", clock.now()
    letter = DeadLetter("person", "crm/1", "shard", sequence, keys, why, 5, now, is_removal=is_removal)
    dead_letters.bury(letter)
    return letter
