"""A ledger that cannot be written says so to whoever still waits."""

import asyncio
from pathlib import Path

import pytest

from devstack.ses_simulator.ledger import Call, Entry, Ledger

CALL = Call(
    began=0.0,
    at=0.0,
    message_id=None,
    sender="a@crm.example",
    recipients="b@example.com",
    subject="",
    tags="{}",
    accepted=False,
    answered=True,
    fault="",
    counted=0,
)


def test_failure_reaches_who_waits_though_another_has_left(tmp_path: Path) -> None:
    asyncio.run(_fail(tmp_path))


async def _fail(folder: Path) -> None:
    ledger = Ledger(folder / "ledger.sqlite3")
    ledger._rows.execute("DROP TABLE calls")
    left, waiting = (asyncio.create_task(ledger.write(Entry(CALL, b"", ()))) for _ in range(2))
    await asyncio.sleep(0)
    left.cancel()

    with pytest.raises(OSError, match="could not be written"):
        await asyncio.wait_for(waiting, 2)
    ledger.close()
