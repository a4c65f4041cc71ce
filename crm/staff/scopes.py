"""What an operation of the API asks of its caller, stated operation by operation: `auth=scopes.READ`.

The API never looks at the session cookie, so no page of another site can act with a signed-in browser's rights.
"""

from django.conf import settings
from django.http import HttpRequest
from ninja.security import HttpBearer

from crm.core import errors, rates
from crm.core.api import demo
from crm.core.api.problems import Problem
from crm.staff import entities, tokens
from crm.staff.entities import Caller

_EVERYBODY = Caller("demo", frozenset(entities.SCOPES))
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="api"'}


class BearerToken(HttpBearer):
    """Lets in callers whose token holds a scope; in demo mode, callers without a token as well."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Caller:
        """Return the caller.

        Raises:
            Problem: 401 without a working token.
            errors.Denied: the token lacks the scope; demo mode, and another site started this.
            errors.TooMany: the caller asks too often.
        """
        caller = self._identified(request)
        if self.scope not in caller.scopes:
            raise errors.Denied(f"This token lacks the scope {self.scope}.")
        rates.spend(f"api:{caller.actor}", settings.API_RATE_PER_MINUTE, 60)
        return caller

    def authenticate(self, request: HttpRequest, token: str) -> Caller:  # noqa: ARG002 - django-ninja's signature
        """Return the caller who shows `token`.

        Raises:
            Problem: 401 where it does not work.
        """
        caller = tokens.caller(token.strip())
        if caller is None:
            raise Problem(401, "This token does not work: it is unknown, expired or revoked.", headers=_CHALLENGE)
        return caller

    def _identified(self, request: HttpRequest) -> Caller:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.authenticate(request, token)
        if not scheme and demo.admits(request):
            return _EVERYBODY
        raise Problem(401, "Send Authorization: Bearer with a token.", headers=_CHALLENGE)


READ = BearerToken(entities.READ)
WRITE = BearerToken(entities.WRITE)
SEND = BearerToken(entities.SEND)
EXPORT = BearerToken(entities.EXPORT)
