"""Places and addresses under many writers at once, while DynamoDB refuses and loses answers.

    make bench-concurrency                     the rows as promised
    python -m bench.concurrency 2 2 --seed 7   fewer rounds, another seed

Clients are honest ones: they send a request again when they are told to (503 with Retry-After) and not otherwise.
"""

import argparse
import hashlib
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.integration import faulty
from tests.integration.faults import Faults
from tests.integration.faulty import FaultyStack
from tests.integration.stack import Answer, Stack, ask

FAULTS = Faults(conflicts=0.20, drops=0.05)
PEOPLE, PLACES, CHANGES, CREATORS = 200, 50, 30, 64
_GIVE_UP_AFTER_S = 120.0


@dataclass(slots=True)
class Outcome:
    """What one round came to: `wrong` names every promise that was broken, empty when none was."""

    seconds: float
    wrong: list[str] = field(default_factory=list)
    told_to_wait: int = 0


@dataclass(frozen=True, slots=True)
class Places:
    """An event as DynamoDB holds it: its counters, and who is registered and who waits, in the order of waiting."""

    taken: int
    waiting: int
    registered: frozenset[str]
    waitlisted: Sequence[str]


class Crowd:
    """Clients that send at the same moment, each on its own connection, and send again when told to wait."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.told_to_wait = 0

    def send(self, requests: Sequence[tuple[str, str, object]]) -> list[Answer]:
        """Send all (method, path, body) together; answers come in the order of the requests."""
        barrier = threading.Barrier(len(requests))

        def one(request: tuple[str, str, object]) -> Answer:
            barrier.wait()
            return self._persistently(*request)

        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(one, requests))

    def _persistently(self, method: str, path: str, body: object) -> Answer:
        deadline = time.monotonic() + _GIVE_UP_AFTER_S
        while True:
            answer = ask(self._stack.port, method, path, body)
            if answer.status != 503 or time.monotonic() > deadline:
                return answer
            self.told_to_wait += 1
            time.sleep(float(answer.headers["retry-after"]))


def people(stack: Stack, prefix: str, number: int) -> list[str]:
    """Create people; return their ids."""
    bodies = [{"email": f"{prefix}-{index}@example.com"} for index in range(number)]
    with ThreadPoolExecutor(8) as pool:
        return [person["id"] for person in pool.map(lambda body: stack.create("/users", body), bodies)]


def registrations(faulted: FaultyStack, guests: Sequence[str], newcomers: Sequence[str], seed: int) -> Outcome:
    """Register everybody at once for few places; then let some cancel while others register."""
    event = _event(faulted.stack)
    crowd, began, wrong = Crowd(faulted.stack), time.monotonic(), list[str]()
    with faulted.suffering(FAULTS):
        answers = crowd.send([_register(event, guest) for guest in guests])
    told = Counter((answer.status, answer.json["status"]) for answer in answers if answer.status in {200, 201})
    first = _places(faulted, event)
    _expect(wrong, "everybody is answered", sum(told.values()), len(guests))
    _expect(wrong, "registered", (len(first.registered), first.taken), (PLACES, PLACES))
    _expect(wrong, "waitlisted", (len(first.waitlisted), first.waiting), (len(guests) - PLACES,) * 2)
    leaving = random.Random(seed).sample(sorted(first.registered), CHANGES)
    with faulted.suffering(FAULTS):
        answers = crowd.send(
            [("DELETE", f"/events/{event}/registrations/{guest}", None) for guest in leaving]
            + [_register(event, newcomer) for newcomer in newcomers[:CHANGES]]
        )
    _expect(wrong, "changes answered", Counter(answer.status for answer in answers), {204: CHANGES, 201: CHANGES})
    _check_changes(wrong, first, _places(faulted, event), set(leaving), set(newcomers[:CHANGES]))
    return Outcome(time.monotonic() - began, wrong, crowd.told_to_wait)


def _check_changes(wrong: list[str], first: Places, now: Places, left: set[str], came: set[str]) -> None:
    moved_up = set(first.waitlisted[: len(left)])
    _expect(wrong, "places full", (len(now.registered), now.taken), (PLACES, PLACES))
    _expect(wrong, "longest waiting moved up", now.registered, (first.registered - left) | moved_up)
    _expect(wrong, "others wait in order", now.waitlisted[: -len(came)], first.waitlisted[len(left) :])
    _expect(wrong, "newcomers wait behind", set(now.waitlisted[-len(came) :]), came)
    _expect(wrong, "waiting counted", now.waiting, len(now.waitlisted))


def one_address(faulted: FaultyStack, email: str) -> Outcome:
    """Create one person by many requests at once."""
    crowd, began, wrong = Crowd(faulted.stack), time.monotonic(), list[str]()
    spellings = [email if index % 2 else email.upper() for index in range(CREATORS)]
    with faulted.suffering(FAULTS):
        answers = crowd.send([("POST", "/users", {"email": spelling}) for spelling in spellings])
    seconds = time.monotonic() - began
    _expect(wrong, "answers", Counter(answer.status for answer in answers), {201: 1, 409: CREATORS - 1})
    stored = [item for item in faulted.everything() if item["type"] == "person" and not item.get("deleted")]
    same = [item["pk"] for item in stored if item["email"].lower() == email]
    _expect(wrong, "people with the address", len(same), 1)
    sentinels = faulted.items(f"EMAIL#{hashlib.sha256(email.encode()).hexdigest()}")
    _expect(wrong, "sentinel's owner", [f"PERSON#{one['person_id']}" for one in sentinels], same)
    return Outcome(seconds, wrong, crowd.told_to_wait)


def _expect(wrong: list[str], name: str, found: object, wanted: object) -> None:
    if found != wanted:
        wrong.append(f"{name}: {found}, not {wanted}")


def _register(event: str, person: str) -> tuple[str, str, object]:
    return "POST", f"/events/{event}/register", {"user_id": person}


def _event(stack: Stack) -> str:
    start = datetime.now(UTC) + timedelta(days=30)
    body = {
        "title": f"Rush {time.time_ns()}",
        "startAt": start.isoformat(),
        "endAt": (start + timedelta(hours=3)).isoformat(),
        "maxCapacity": PLACES,
        "owner": "user-id-123",
    }
    return str(stack.create("/events", body)["id"])


def _places(faulted: FaultyStack, event: str) -> Places:
    items = faulted.items(f"EVENT#{event}")
    own = next(item for item in items if item["sk"] == "EVENT")
    rows = [item for item in items if item["sk"].startswith("REG#")]
    tickets = [item["person_id"] for item in items if item["sk"].startswith("WAIT#")]
    by_status = {row["person_id"]: row["status"] for row in rows}
    waitlisted = {person for person, status in by_status.items() if status == "waitlisted"}
    assert set(tickets) == waitlisted, "tickets and registrations disagree"
    registered = frozenset(person for person, status in by_status.items() if status == "registered")
    return Places(own["taken"], own["waiting"], registered, tickets)


def _table(name: str, rounds: int, one: Callable[[int], Outcome]) -> bool:
    outcomes = [one(number) for number in range(rounds)]
    broken = [(number, problem) for number, outcome in enumerate(outcomes, 1) for problem in outcome.wrong]
    slowest = max(outcome.seconds for outcome in outcomes)
    waits = sum(outcome.told_to_wait for outcome in outcomes)
    kept = sum(not outcome.wrong for outcome in outcomes)
    print(f"| {name} | {kept} of {rounds} as promised; slowest round {slowest:.1f} s; {waits} answers 503 |")
    for number, problem in broken:
        print(f"  round {number}: {problem}")
    return not broken


def main() -> int:
    """Print the rows; exit status 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("registrations", nargs="?", type=int, default=10, help="rounds of the first row")
    parser.add_argument("addresses", nargs="?", type=int, default=20, help="rounds of the second row")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="crm-bench-") as folder,
        faulty.start(Path(folder), chosen.seed) as faulted,
    ):
        guests = people(faulted.stack, "guest", PEOPLE)
        newcomers = people(faulted.stack, "newcomer", CHANGES)
        kept = _table(
            f"{PEOPLE} parallel registrations for {PLACES} places, then {CHANGES} cancel while {CHANGES} register",
            chosen.registrations,
            lambda number: registrations(faulted, guests, newcomers, chosen.seed + number),
        )
        kept &= _table(
            f"{CREATORS} parallel POST /users with one e-mail",
            chosen.addresses,
            lambda number: one_address(faulted, f"same-{number}@example.com"),
        )
        print(f"injected: {dict(faulted.proxy.counts)}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
