"""The simulator as one application: SES v2's addresses, its own, and what runs beside them."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator

from aiohttp import web

from devstack.ses_simulator import control, sending, service
from devstack.ses_simulator.account import ACCOUNT, Account
from devstack.ses_simulator.engagement import Readers
from devstack.ses_simulator.faults import Faults
from devstack.ses_simulator.ledger import Ledger
from devstack.ses_simulator.publisher import Publisher
from devstack.ses_simulator.sending import READERS
from devstack.ses_simulator.settings import Settings
from devstack.ses_simulator.sns import Topic

log = logging.getLogger(__name__)

SETTINGS = web.AppKey("settings", Settings)
# SES takes 40 MB, which Base64 makes a third longer.
_MOST_BYTES = 56 * 1024 * 1024


def of(settings: Settings) -> web.Application:
    """Build the application; its ledger lies in the settings' folder, which is made where it is missing."""
    settings.data.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(settings.data / "ledger.sqlite3")
    application = web.Application(client_max_size=_MOST_BYTES, middlewares=[control.no_foreign_pages])
    limits = Faults(max_send_rate=settings.max_send_rate, engage=settings.engages)
    application[ACCOUNT] = Account(ledger, limits, is_heard=bool(settings.events_url))
    application[SETTINGS] = settings
    # Beside the product the two addresses name the same server; in a network of containers only the first leads there.
    application[READERS] = Readers(application[ACCOUNT], settings.site, settings.events_url or settings.site)
    application.add_routes(_ROUTES)
    application.cleanup_ctx.append(_beside)
    return application


async def _beside(application: web.Application) -> AsyncIterator[None]:
    """Run what goes on by itself for as long as the application serves."""
    account, settings = application[ACCOUNT], application[SETTINGS]
    topic = Topic(settings.topic, settings.data)
    running = [asyncio.create_task(application[READERS].run())]
    if settings.events_url:
        running.append(asyncio.create_task(Publisher(account, topic, settings.events_url, settings.site).run()))
    for task in running:
        task.add_done_callback(_ended)
    yield
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    account.ledger.close()


def _ended(task: asyncio.Task[None]) -> None:
    """End the whole process when a part of it breaks: whoever keeps it running starts it afresh."""
    if not task.cancelled():
        log.critical("the simulator ends", exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)


_ROUTES = [
    web.post("/v2/email/outbound-emails", sending.send_email),
    web.get("/v2/email/account", service.get_account),
    web.post("/v2/email/identities", service.create_identity),
    web.get("/v2/email/identities/{identity}", service.get_identity),
    web.get("/_simulator/ledger", control.ledger),
    web.get("/_simulator/summary", control.summary),
    web.get("/_simulator/messages", control.messages),
    web.get("/_simulator/messages/{id}", control.message),
    web.get("/_simulator/faults", control.show_faults),
    web.put("/_simulator/faults", control.set_faults),
    web.route("*", "/v2/{operation:.*}", service.unknown),
]
