"""Posting events to the product until it answers 2xx, as SNS does to an HTTP endpoint, for at most an hour each.

What waits lies in the ledger's file, so that a restart forgets nothing. While nobody takes anything, one event at a
time finds out whether that has changed.
"""

import asyncio
import logging
import random
import sqlite3
from http import HTTPStatus

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from devstack.ses_simulator import clock
from devstack.ses_simulator.account import Account
from devstack.ses_simulator.sns import Topic

log = logging.getLogger(__name__)

# SNS: 15 seconds for an answer, an hour for all attempts together.
_TIMEOUT, GIVEN_UP_AFTER_S = ClientTimeout(total=15), 3600.0
_BATCH, _SIDE_BY_SIDE = 64, 4
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 20.0
_LONGEST_SLEEP_S = 1.0
_MOST_DOUBLINGS = 6


class Publisher:
    """Posts what waits in the account's ledger to one address. `run` ends only by being cancelled."""

    def __init__(self, account: Account, topic: Topic, url: str, site: str) -> None:
        """`site` is the product's public address, by whose name it is asked, whatever network `url` leads through."""
        self._account, self._topic, self._url = account, topic, url
        self._host = {"Host": URL(site).authority}
        self._refusals = 0

    async def run(self) -> None:
        """Post what is due, then wait for more."""
        async with ClientSession(timeout=_TIMEOUT) as session:
            while True:
                events = self._account.ledger.events
                events.give_up(clock.now() - GIVEN_UP_AFTER_S)
                size = 1 if self._refusals else _BATCH
                rows = events.due(clock.now(), size, is_reversed=self._account.faults.reverse_events)
                if rows:
                    await self._publish(session, rows)
                else:
                    await self._wait_for_more()

    async def _publish(self, session: ClientSession, rows: list[sqlite3.Row]) -> None:
        turns = asyncio.Semaphore(_SIDE_BY_SIDE)
        passes = 1 + self._account.faults.repeat_events
        taken: dict[int, bool] = {}

        async def post(row: sqlite3.Row) -> None:
            async with turns:
                taken[row["n"]] = await self._is_taken(session, row) and taken.get(row["n"], True)

        # Repetitions come after all others of the batch, so that they are late as well.
        await asyncio.gather(*(post(row) for _ in range(passes) for row in rows))
        done = [row["n"] for row in rows if taken[row["n"]]]
        later = [(clock.now() + _wait_s(row["attempts"]), row["n"]) for row in rows if not taken[row["n"]]]
        self._account.ledger.events.settle(done, later, {"events_sent": len(done)})
        await self._note(bool(done))

    async def _note(self, is_heard: bool) -> None:
        if is_heard:
            self._refusals = 0
            return
        if not self._refusals:
            log.warning("%s takes no events; they wait", self._url)
        await asyncio.sleep(_wait_s(self._refusals))
        self._refusals += 1

    async def _is_taken(self, session: ClientSession, row: sqlite3.Row) -> bool:
        sent = self._topic.notification(row["message_id"], row["message"], row["published_at"])
        try:
            headers = {**sent.headers, **self._host}
            async with session.post(self._url, data=sent.body, headers=headers, allow_redirects=False) as answer:
                await answer.read()
                return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
        except (ClientError, TimeoutError, OSError):
            return False

    async def _wait_for_more(self) -> None:
        self._account.wake.clear()
        due = self._account.ledger.events.next_due()
        wait = _LONGEST_SLEEP_S if due is None else min(_LONGEST_SLEEP_S, max(0.0, due - clock.now()))
        try:
            await asyncio.wait_for(self._account.wake.wait(), wait)
        except TimeoutError:
            return
        # Those of one mail are a moment apart; going round for each would cost more than posting them.
        await asyncio.sleep(_FIRST_WAIT_S / 10)


def _wait_s(failures: int) -> float:
    """Return how long to wait after so many failures: doubling, with jitter."""
    longest = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** min(failures, _MOST_DOUBLINGS))
    return random.uniform(longest / 2, longest)
