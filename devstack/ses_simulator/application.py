"""The simulator as one application: SES v2's addresses, its own, and what runs beside them."""

from aiohttp import web

from devstack.ses_simulator import control, sending, service
from devstack.ses_simulator.account import ACCOUNT, Account
from devstack.ses_simulator.faults import Faults
from devstack.ses_simulator.ledger import Ledger
from devstack.ses_simulator.settings import Settings

# SES takes 40 MB, which Base64 makes a third longer.
_MOST_BYTES = 56 * 1024 * 1024


def of(settings: Settings) -> web.Application:
    """Build the application; its ledger lies in the settings' folder, which is made where it is missing."""
    settings.data.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(settings.data / "ledger.sqlite3")
    application = web.Application(client_max_size=_MOST_BYTES, middlewares=[control.no_foreign_pages])
    application[ACCOUNT] = Account(ledger, Faults(max_send_rate=settings.max_send_rate, engage=settings.engages))
    application.add_routes(_ROUTES)
    application.on_cleanup.append(_close)
    return application


async def _close(application: web.Application) -> None:
    application[ACCOUNT].ledger.close()


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
