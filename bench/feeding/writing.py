"""Changes people at random: `python -m bench.feeding.writing WRITES SEED [peaceful]`, where a rig is.

Adds, edits and deletes through the product's actions, as staff would; and does what only a hand or another program
does: removes items, and stores some so that nobody can read them, most of which it mends again. Nothing is shown to the
author, so that whatever is in the read model came by the streams. `peaceful` writers do what staff do, and no more.
"""

import os
import random
import sys
from typing import Any

import django

_KINDS = ("add", "edit", "delete", "remove", "spoil", "mend")
_WEIGHTS, _PEACEFUL = (45, 30, 13, 4, 4, 4), (50, 35, 15, 0, 0, 0)
_NOBODY_READS, _READABLE = "never", "2026-01-01T00:00:00.000000+0000"


class _Writer:
    def __init__(self, seed: int, *, is_peaceful: bool) -> None:
        from crm.core import dynamo  # noqa: PLC0415 - needs settings

        self._dice = random.Random(seed)
        self._weights = _PEACEFUL if is_peaceful else _WEIGHTS
        self._client: Any = dynamo.connection().client
        self._well: list[str] = []
        self._spoilt: list[str] = []

    def write(self, number: int) -> None:
        """Do one thing."""
        (kind,) = self._dice.choices(_KINDS, self._weights)
        if kind == "add" or len(self._well) < 10:
            self._add(number)
        elif kind == "mend":
            if self._spoilt:
                self._well.append(self._store(self._picked(self._spoilt), _READABLE))
        elif kind == "spoil":
            self._spoilt.append(self._store(self._picked(self._well), _NOBODY_READS))
        elif kind == "remove":
            self._client.delete_item(TableName="crm", Key=_key(self._picked(self._well)))
        else:
            self._edit(number) if kind == "edit" else self._delete()

    def _add(self, number: int) -> None:
        from crm.people import actions  # noqa: PLC0415
        from crm.people.entities import PersonFields  # noqa: PLC0415

        fields = PersonFields(email=f"{number}@fire.example", first_name=f"First {number}", tags=("new",))
        self._well.append(actions.create(fields=fields, actor="bench").id)

    def _edit(self, number: int) -> None:
        from crm.people import actions  # noqa: PLC0415

        actions.patch(person_id=self._dice.choice(self._well), values={"first_name": f"Edited {number}"}, actor="bench")

    def _delete(self) -> None:
        from crm.people import actions  # noqa: PLC0415

        actions.delete(person_id=self._picked(self._well), actor="bench")

    def _picked(self, among: list[str]) -> str:
        return among.pop(self._dice.randrange(len(among)))

    def _store(self, person_id: str, created_at: str) -> str:
        self._client.update_item(
            TableName="crm",
            Key=_key(person_id),
            UpdateExpression="SET created_at = :at ADD version :one",
            ExpressionAttributeValues={":at": {"S": created_at}, ":one": {"N": "1"}},
        )
        return person_id


def _key(person_id: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"PERSON#{person_id}"}, "sk": {"S": "PERSON"}}


def main() -> None:
    """Write."""
    django.setup()
    from crm.core import changes  # noqa: PLC0415

    changes.set_sink(lambda _: None)
    writes, seed = int(sys.argv[1]), int(sys.argv[2])
    writer = _Writer(seed, is_peaceful="peaceful" in sys.argv)
    for number in range(writes):
        writer.write(number)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")
    main()
