"""Many people at once: `python -m bench.chaos.crowd COMPANY NUMBER`, in the environment of a running stack.

With `-` in place of the number, their addresses are read from standard input, one a line.

They are stored as the product stores them, but many a transaction; the projector brings them to the lists.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import batched

import django

# One transaction takes 100 items, and everybody is two: the person, and the owner of the address.
_A_TIME, _WRITERS = 50, 4


def address(company: str, number: int) -> str:
    """Return the address of the nth person of a company."""
    return f"{number:06d}@{company}.example"


def _store(company: str, people: tuple[tuple[int, str], ...]) -> None:
    from crm.core import clock, ids, transaction  # noqa: PLC0415 - needs settings
    from crm.people import repository  # noqa: PLC0415
    from crm.people.entities import Person, PersonFields  # noqa: PLC0415

    now = clock.now()
    tx = transaction.begin()
    for number, email in people:
        fields = PersonFields(email=email, first_name=f"Guest {number}", company=company)
        repository.create(tx, Person.added(ids.new(), fields, now))
    tx.commit()


def main() -> None:
    """Store them."""
    company, number = sys.argv[1:]
    addresses = sys.stdin.read().split() if number == "-" else [address(company, n) for n in range(int(number))]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_site.settings")
    django.setup()
    with ThreadPoolExecutor(_WRITERS) as pool:
        for _ in pool.map(lambda people: _store(company, people), batched(enumerate(addresses), _A_TIME)):
            pass


if __name__ == "__main__":
    main()
