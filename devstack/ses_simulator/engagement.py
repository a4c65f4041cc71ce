"""People at work: they open mails, follow links and unsubscribe, by requests as their mail programs would make them.

Only addresses of the product itself are asked for. What somebody is about to do is kept in memory, up to a bound: a
restart, or a campaign faster than its readers, leaves some of it undone, as life does.
"""

import asyncio
import heapq
import itertools
import logging
import re
import uuid
from dataclasses import dataclass, field

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from devstack.ses_simulator import clock, events, letters, outcomes, visits
from devstack.ses_simulator.account import Account
from devstack.ses_simulator.event_queue import Event
from devstack.ses_simulator.ledger import Stored
from devstack.ses_simulator.visits import Visit

log = logging.getLogger(__name__)

MOST_WAITING = 2_000
_LONGEST_SLEEP_S = 1.0
# The demo's readers must not keep its senders from working.
_PAUSE_S = 0.1
_TIMEOUT = ClientTimeout(total=10)
_ONE_CLICK = re.compile(r"<(https?://[^>]+)>")
_REACHED = {outcomes.DELIVERED, outcomes.DELAYED, outcomes.COMPLAINED}


@dataclass(order=True, slots=True)
class _Waiting:
    due: float
    place: int
    number: int = field(compare=False)
    visit: Visit = field(compare=False)


class Readers:
    """Everybody who gets mail. `site` is what addresses in mails begin with, `origin` where they are asked for."""

    def __init__(self, account: Account, site: str, origin: str) -> None:
        self._account, self._site, self._origin = account, site.rstrip("/"), URL(origin).origin()
        self._waiting: list[_Waiting] = []
        self._places = itertools.count()

    def expect(self, number: int, recipients: tuple[str, ...], at: float) -> None:
        """Plan what the recipients of the mail of call `number` will do with it."""
        for recipient in recipients:
            if outcomes.of(recipient, people=True) not in _REACHED or outcomes.is_simulator(recipient):
                continue
            for visit in visits.planned(recipient):
                if len(self._waiting) < MOST_WAITING:
                    heapq.heappush(self._waiting, _Waiting(at + visit.after_s, next(self._places), number, visit))

    async def run(self) -> None:
        """Do what is due, one after the other; ends only by being cancelled."""
        async with ClientSession(timeout=_TIMEOUT) as session:
            while True:
                if not self._waiting or (wait := self._waiting[0].due - clock.now()) > 0:
                    await asyncio.sleep(min(wait, _LONGEST_SLEEP_S) if self._waiting else _LONGEST_SLEEP_S)
                    continue
                await self._do(session, heapq.heappop(self._waiting))

    async def _do(self, session: ClientSession, waiting: _Waiting) -> None:
        stored = self._account.ledger.stored(waiting.number)
        if stored is None or not self._account.faults.engage:
            return
        try:
            await self._act(session, stored, waiting.visit)
        except ValueError:
            # A mail may hold anything; the next reader's may be in order.
            log.exception("the mail %s cannot be read", stored.message_id)
        await asyncio.sleep(_PAUSE_S)

    async def _act(self, session: ClientSession, stored: Stored, visit: Visit) -> None:
        if visit.kind == visits.UNSUBSCRIBE:
            for address in _ONE_CLICK.findall(stored.mail.header("List-Unsubscribe")):
                await self._ask(session, address, visit.agent, form={"List-Unsubscribe": "One-Click"})
            return
        page = visits.page(letters.parts(stored.mail.raw)[1])
        wanted = {
            visits.OPEN: page.images,
            visits.CLICK: self._chosen(page.links, visit.address),
            visits.SCAN: (*page.images, *page.links, *page.hidden),
        }[visit.kind]
        for address in wanted:
            await self._ask(session, address, visit.agent)
        self._publish(stored, visit, wanted)

    def _chosen(self, links: tuple[str, ...], address: str) -> tuple[str, ...]:
        """Return the one link that this person follows, none where there is none of the site's."""
        ours = [link for link in links if link.startswith(f"{self._site}/")]
        return (ours[outcomes.lot(address, "link", len(ours))],) if ours else ()

    async def _ask(self, session: ClientSession, address: str, agent: str, form: dict[str, str] | None = None) -> None:
        if not address.startswith(f"{self._site}/"):
            return
        path = address.removeprefix(self._site)
        if path.startswith("//"):
            # It would lead to another host.
            return
        url = self._origin.join(URL(path, encoded=True))
        headers = {"User-Agent": agent, "Host": URL(self._site).authority}
        method = "GET" if form is None else "POST"
        try:
            async with session.request(method, url, data=form, headers=headers, allow_redirects=False) as answer:
                await answer.read()
        except (ClientError, TimeoutError, OSError) as error:
            # A reader does not try again.
            log.info("nobody answered a reader: %s", type(error).__name__)

    def _publish(self, stored: Stored, visit: Visit, links: tuple[str, ...]) -> None:
        """Tell of it as SES does where its own tracking is on: by default it is not, the product has its own."""
        kind, now = ("Open" if visit.kind == visits.OPEN else "Click"), clock.now()
        if self._account.faults.publishes(kind):
            head = events.head(stored.mail, stored.message_id, stored.at)
            told = events.engagement(head, kind, now, visit.agent, links[0] if links else "")
            self._account.ledger.events.add([Event(str(uuid.uuid4()), events.text(told), now, now)])
            self._account.wake.set()
