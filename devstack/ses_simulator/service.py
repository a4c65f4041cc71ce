"""The rest of SES v2 that is wanted here: the account's limits, and identities, all of which count as verified."""

from aiohttp import web

from devstack.ses_simulator import clock, mails
from devstack.ses_simulator.account import ACCOUNT
from devstack.ses_simulator.faults import NO_QUOTA
from devstack.ses_simulator.refusals import Refusal


async def get_account(request: web.Request) -> web.Response:
    """GET /v2/email/account."""
    account = request.app[ACCOUNT]
    faults = account.faults
    quota = {
        "Max24HourSend": float(faults.max_24h if faults.max_24h != NO_QUOTA else -1),
        "MaxSendRate": faults.max_send_rate,
        "SentLast24Hours": float(account.quota.sent(faults, clock.now())),
    }
    body: dict[str, object] = {
        "DedicatedIpAutoWarmupEnabled": False,
        "EnforcementStatus": "HEALTHY" if faults.sending_enabled else "SHUTDOWN",
        "ProductionAccessEnabled": True,
        "SendQuota": quota,
        "SendingEnabled": faults.sending_enabled,
        "SuppressionAttributes": {"SuppressedReasons": []},
    }
    return web.json_response(body)


async def create_identity(request: web.Request) -> web.Response:
    """POST /v2/email/identities: verified at once, where AWS would look for a DNS record or write to the address."""
    wanted = mails.decoded_object(await request.read())
    identity = wanted.get("EmailIdentity")
    if not isinstance(identity, str) or not identity:
        return Refusal("BadRequestException", "EmailIdentity is required.").answer()
    return web.json_response(_verified(identity) | {"DkimAttributes": {"SigningEnabled": False}})


async def get_identity(request: web.Request) -> web.Response:
    """GET /v2/email/identities/{identity}."""
    return web.json_response(_verified(request.match_info["identity"]) | {"VerificationStatus": "SUCCESS"})


async def unknown(request: web.Request) -> web.Response:
    """Anything else: SES has it, the simulator has not."""
    return Refusal("NotFoundException", f"The simulator has no {request.method} {request.path}.").answer()


def _verified(identity: str) -> dict[str, object]:
    kind = "EMAIL_ADDRESS" if "@" in identity else "DOMAIN"
    return {"IdentityType": kind, "VerifiedForSendingStatus": True}
