"""A worker that is killed amid an import takes every row once all the same."""

import json
import time
from urllib.request import Request, urlopen

import pytest

from tests.integration import processes
from tests.integration.stack import WORKER, Stack, eventually

pytestmark = pytest.mark.integration
ROWS = 600


def test_killed_import_takes_every_row_once(stack: Stack) -> None:
    tag = f"kill-{time.time_ns()}"
    rows = [f"{tag}-{number}@example.com,{tag}\r\n" for number in range(ROWS)]
    rows[ROWS // 2] = f"nobody,{tag}\r\n"
    import_id = _start(stack, ("email,company\r\n" + "".join(rows)).encode())
    assert eventually(lambda: _done(stack, import_id) > 0, 60), stack.logs()
    for victim in stack.processes(WORKER):
        processes.kill(victim)
    assert eventually(lambda: stack.get(f"/imports/{import_id}")["state"] == "done", 120), stack.logs()
    told = stack.get(f"/imports/{import_id}")
    assert (told["created"], told["refused"]) == (ROWS - 1, 1)
    assert [row["line"] for row in stack.get(f"/imports/{import_id}/errors")["items"]] == [ROWS // 2 + 2]
    assert eventually(lambda: stack.get("/users/filter", company=tag)["total"] == ROWS - 1, 60)


def _done(stack: Stack, import_id: str) -> int:
    told = stack.get(f"/imports/{import_id}")
    return int(told["created"])


def _start(stack: Stack, given: bytes) -> str:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="p.csv"\r\n\r\n'
    body = head + given + b"\r\n--x--\r\n"
    told = {"Content-Type": "multipart/form-data; boundary=x"}
    with urlopen(Request(f"{stack.url}/imports", body, told)) as answer:  # noqa: S310 - our own stack
        assert answer.status == 202
        return str(json.load(answer)["id"])
