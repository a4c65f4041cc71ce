"""SendEmail: decide what becomes of a call, write that down, and only then answer, or not."""

import asyncio

from aiohttp import web

from devstack.ses_simulator import clock, mails
from devstack.ses_simulator.account import ACCOUNT, Fate
from devstack.ses_simulator.engagement import Readers
from devstack.ses_simulator.mails import Mail
from devstack.ses_simulator.refusals import Refusal

READERS = web.AppKey("readers", Readers)
_SIGNED = "AWS4-HMAC-SHA256 "
_UNREADABLE = Mail("", (), {}, (), b"")


async def send_email(request: web.Request) -> web.StreamResponse:
    """POST /v2/email/outbound-emails."""
    began, account = clock.now(), request.app[ACCOUNT]
    body = await request.read()
    if not request.headers.get("Authorization", "").startswith(_SIGNED):
        return Refusal("MissingAuthenticationTokenException", "Missing Authentication Token").answer()
    at = clock.now()
    try:
        mail = mails.read(body)
        fate = account.judge(mail, at)
    except Refusal as refusal:
        mail, fate = _UNREADABLE, Fate(refusal, is_accepted=False, fault="invalid")
    message_id, number = await account.write(mail, fate, began, at)
    if fate.is_accepted and account.faults.engage:
        request.app[READERS].expect(number, mail.recipients, at)
    if fate.breaks:
        return await _broken_off(request, account.faults.hang_s if fate.fault == "hang" else 0.0)
    return fate.refusal.answer() if fate.refusal else web.json_response({"MessageId": message_id})


async def _broken_off(request: web.Request, after_s: float) -> web.StreamResponse:
    await asyncio.sleep(after_s)
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
