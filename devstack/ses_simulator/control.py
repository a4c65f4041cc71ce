"""The simulator's own addresses, under /_simulator/: its ledger, its mails, its faults. SES has nothing of the kind."""

import re
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

import orjson
from aiohttp import web

from devstack.ses_simulator import faults, letters
from devstack.ses_simulator.account import ACCOUNT

_MOST_CALLS, _MOST_LETTERS = 5_000, 200
# Besides loopback's addresses; `ses` is what compose calls the simulator.
_NAMES = frozenset({"localhost", "ses"})
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def no_foreign_pages(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Refuse what a page of some other site makes its visitor's browser ask: the mails are nobody's but the stack's.

    A name of that site's may lead here, and its pages then count as ours; so only our own names are answered.
    """
    if request.headers.get("Sec-Fetch-Site", "none") != "none" or not _is_ours(request.headers.get("Host", "")):
        raise web.HTTPForbidden(text="Not for pages of other sites.")
    return await handler(request)


def _is_ours(authority: str) -> bool:
    name = authority.rpartition(":")[0] if re.search(r":\d*$", authority) else authority
    try:
        return name.casefold() in _NAMES or ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


async def ledger(request: web.Request) -> web.Response:
    """GET /_simulator/ledger?after=<number>&limit=<at most 5000>: calls in order; `next` is the next page's `after`."""
    after, limit = _whole(request, "after", 0), min(_whole(request, "limit", _MOST_CALLS), _MOST_CALLS)
    calls = request.app[ACCOUNT].ledger.page(after, limit)
    return _json({"calls": calls, "next": calls[-1]["n"] if calls else after})


async def summary(request: web.Request) -> web.Response:
    """GET /_simulator/summary: how many calls, accepted mails, events sent, waiting and given up."""
    return _json(request.app[ACCOUNT].ledger.summary())


async def messages(request: web.Request) -> web.Response:
    """GET /_simulator/messages?q=<text>&limit=<at most 200>&offset=<number>: accepted mails, newest first."""
    limit, offset = min(_whole(request, "limit", _MOST_LETTERS), _MOST_LETTERS), _whole(request, "offset", 0)
    found, total, everything = request.app[ACCOUNT].ledger.letters(request.query.get("q", ""), limit, offset)
    return _json({"messages": found, "total": total, "everything": everything})


async def message(request: web.Request) -> web.Response:
    """GET /_simulator/messages/<message id>: one mail with its text and HTML parts."""
    found = request.app[ACCOUNT].ledger.letter(request.match_info["id"])
    if found is None:
        raise web.HTTPNotFound(text="No such mail is kept.")
    head, raw = found
    text, html = letters.parts(raw)
    return _json(head | {"text": text, "html": html, "size": len(raw)})


async def show_faults(request: web.Request) -> web.Response:
    """GET /_simulator/faults."""
    return _json(request.app[ACCOUNT].faults)


async def set_faults(request: web.Request) -> web.Response:
    """PUT /_simulator/faults: replaces all settings, those left out by what they were at the start."""
    if not ip_address(request.remote or "::").is_loopback:
        raise web.HTTPForbidden(text="Faults are set from the simulator's own machine only.")
    account = request.app[ACCOUNT]
    try:
        account.faults = faults.replaced(account.defaults, orjson.loads(await request.read()))
    except (orjson.JSONDecodeError, faults.Invalid) as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    return _json(account.faults)


def _whole(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) < 16):  # noqa: PLR2004  # fits SQLite's integers
        raise web.HTTPBadRequest(text=f"{name} must be a whole number")
    return int(text)


def _json(body: object) -> web.Response:
    return web.Response(body=orjson.dumps(body), content_type="application/json")
