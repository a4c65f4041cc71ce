"""An import of many rows and its undo on the stack of `make run`, beside a bare boto3 loop of the same transactions.

    make bench-imports                    100,000 rows, 37 of them bad
    python -m bench.imports --rows 5000   fewer

The bare loop runs before, between and after, on the same stack, by as many threads as the worker has, and writes what
an import writes for one new person: person, address, audit entry, what the import did with the address. Exits with 1
where the import is slower than half of it, a bad row is missing, or the undo leaves anything behind.
"""

import argparse
import http.client
import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.integration.stack import Stack

BAD, THREADS, BARE, LEAST_RATIO = 37, 16, 2_000, 0.5
_HEAD = "E-Mail;Vorname;Nachname;Firma;Ort;Tags"
_POLL_S = 2.0
# The projector has its work with them, as with an import's people, but no list shows them.
_GONE = {"deleted": {"BOOL": True}, "revision": {"N": "1"}, "owned": {"N": "0"}}
# What is wrong with a bad row, in turn: the address, a field's length, too many cells, an address that came before.
_BAD_ROWS = (
    "nobody{n};Bad;Row;;;",
    ";Bad;Row;;;",
    "bad{n}@example.com;Bad;Row;" + "x" * 201 + ";;",
    "bad{n}@example.com;Bad;Row;;;;too;many",
    "PERSON0@bench.example;Bad;Row;;;",
)


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a job: rows a second, and what the API says of the import."""

    rate: float
    told: dict[str, Any]


def file(rows: int) -> tuple[bytes, set[int]]:
    """Return a file of so many rows, semicolons and UTF-16, and the lines of the bad ones."""
    lines, bad = [_HEAD], set[int]()
    every = rows // BAD
    for number in range(rows):
        if number % every == every - 1 and len(bad) < BAD:
            bad.add(len(lines) + 1)
            lines.append(_BAD_ROWS[len(bad) % len(_BAD_ROWS)].format(n=number))
        else:
            lines.append(
                f"Person{number}@bench.example;Pia {number};Müller;Globex {number % 500};Köln;bench|{number % 9}"
            )
    return "\r\n".join([*lines, ""]).encode("utf-16"), bad


def start(stack: Stack, given: bytes) -> str:
    """Upload the file; return the import's id."""
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="bench.csv"\r\n\r\n'.encode()
    body = head + given + f"\r\n--{boundary}--\r\n".encode()
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=120)
    connection.request("POST", "/imports", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    answer = connection.getresponse()
    told = json.loads(answer.read())
    if answer.status != http.client.ACCEPTED:
        raise SystemExit(f"refused: {told}")
    return str(told["id"])


def ended(stack: Stack, import_id: str, states: Sequence[str], rows: int) -> Ended:
    """Wait for a job to end; return its rate."""
    began = time.monotonic()
    while (told := stack.get(f"/imports/{import_id}"))["state"] not in states:
        done = told["undone"] or told["created"] + told["updated"] + told["skipped"] + told["refused"]
        print(f"\r{told['state']}: {done:,} rows", end="", flush=True)
        time.sleep(_POLL_S)
    seconds = time.monotonic() - began
    print(f"\r{told['state']}: {rows:,} rows in {seconds:.0f} s")
    return Ended(rows / seconds, told)


def bad_lines(stack: Stack, import_id: str) -> set[int]:
    """Return the lines of the rows that were not taken, each of which must have a reason."""
    page = stack.get(f"/imports/{import_id}/errors", limit=100)
    return {row["line"] for row in page["items"] if all(one["message"] for one in row["problems"])}


def everybody(stack: Stack) -> list[dict[str, Any]]:
    """Return all people as the API lists them, but for when they were last written."""
    found, cursor = list[dict[str, Any]](), None
    while True:
        page = stack.get("/users", limit=100, **({"cursor": cursor} if cursor else {}))
        found += [{name: value for name, value in row.items() if name != "updatedAt"} for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return found


class Bare:
    """The same four writes of a new person, by boto3 and nothing else."""

    def __init__(self, endpoint: str) -> None:
        self._client = boto3.client(
            "dynamodb",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - an emulator's
            config=Config(max_pool_connections=THREADS),
        )

    def rate(self, threads: int) -> float:
        """Return transactions a second by so many threads."""
        began = time.monotonic()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(self._one, range(BARE)))
        return BARE / (time.monotonic() - began)

    def _one(self, number: int) -> None:
        key = uuid.uuid4().hex
        self._client.transact_write_items(
            TransactItems=[{"Put": put} for put in _puts(key, number)], ClientRequestToken=key
        )


def _puts(key: str, number: int) -> Iterator[dict[str, Any]]:
    fields = {"email": f"{key}@bare.example", "first_name": f"Pia {number}", "last_name": "Müller", "city": "Köln"}
    fields |= dict.fromkeys(("phone_number", "phone_e164", "avatar", "gender", "job_title", "state"), "")
    at = "2026-01-01T00:00:00.000000+0000"
    fields |= {"company": f"Globex {number % 500}", "created_at": at, "updated_at": at}
    told = {"after": {"S": json.dumps(fields)}, "before": {"S": "{}"}}
    items = (
        (f"PERSON#{key}", "PERSON", "person", {**{name: {"S": value} for name, value in fields.items()}, **_GONE}),
        (f"BARE-EMAIL#{key}", "EMAIL", "bare", {"person_id": {"S": key}}),
        (f"BARE-AUDIT#{key}", key, "bare", told),
        (f"BARE-IMPORT#{key[0]}", key, "bare", {**told, "line": {"N": str(number)}}),
    )
    for pk, sk, kind, rest in items:
        item = {"pk": {"S": pk}, "sk": {"S": sk}, "type": {"S": kind}, "version": {"N": "1"}, **rest}
        yield {"TableName": "crm", "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}


def endpoint(stack: Stack) -> str:
    """Return where the stack's DynamoDB listens."""
    (emulator,) = stack.processes("-m ministack")
    told = Path(f"/proc/{emulator.pid}/environ").read_text().split("\0")
    port = next(one for one in told if one.startswith("GATEWAY_PORT="))
    return f"http://127.0.0.1:{port.partition('=')[2]}"


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="bench-imports-") as folder:
        stack = Stack(Path(folder) / "var", MAIL_THREADS=str(THREADS // 2), API_RATE_PER_MINUTE="600000")
        stack.stopped_within_s = 900.0
        with stack:
            wrong = _measured(stack, rows)
    for one in wrong:
        print(f"WRONG: {one}")
    return int(bool(wrong))


def _measured(stack: Stack, rows: int) -> list[str]:
    bare = Bare(endpoint(stack))
    before = everybody(stack)
    given, bad = file(rows)
    print(f"{rows:,} rows, {len(given) / 1e6:.1f} MB; {len(before)} people before")
    rates = [bare.rate(THREADS)]
    alone = bare.rate(1)
    began = time.monotonic()
    import_id = start(stack, given)
    print(f"uploaded in {time.monotonic() - began:.1f} s")
    imported = ended(stack, import_id, ("done",), rows)
    listed = bad_lines(stack, import_id)
    rates.append(bare.rate(THREADS))
    undo = stack.ask("POST", f"/imports/{import_id}/undo", {})
    undone = ended(stack, import_id, ("undone",), imported.told["created"] + imported.told["updated"])
    rates.append(bare.rate(THREADS))
    ratio = imported.rate / statistics.mean(rates)
    print(f"| bare boto3, {THREADS} threads | {', '.join(f'{one:.0f}' for one in rates)} rows/s |")
    print(f"| bare boto3, 1 thread | {alone:.0f} rows/s |")
    print(f"| import | {imported.rate:.0f} rows/s, {ratio:.0%} of bare |")
    print(f"| undo | {undone.rate:.0f} rows/s |")
    print(f"| bad rows | {len(listed & bad)} of {len(bad)} found by line |")
    wrong = [] if ratio >= LEAST_RATIO else [f"the import is at {ratio:.0%} of the bare loop"]
    wrong += [] if listed == bad else [f"bad rows {sorted(listed ^ bad)}"]
    wrong += [] if undo.status == http.client.ACCEPTED else [f"the undo is answered {undo.status}"]
    return wrong + _left(stack, before)


def _left(stack: Stack, before: list[dict[str, Any]]) -> list[str]:
    """Wait until the lists are as new as the tables; return what is not as it was."""
    deadline = time.monotonic() + 600
    while len(after := everybody(stack)) != len(before) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    print(f"| people after the undo | {len(after)}, {'as' if after == before else 'not as'} before |")
    return [] if after == before else ["people are not as before"]


if __name__ == "__main__":
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    sys.exit(main())
