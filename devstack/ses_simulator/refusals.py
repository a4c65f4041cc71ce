"""Answers with which SES refuses, as its SDKs read them: REST JSON with the code in a header."""

from aiohttp import web

_STATUS = {
    "TooManyRequestsException": 429,
    "NotFoundException": 404,
    "MissingAuthenticationTokenException": 403,
    "AccessDeniedException": 403,
    "InternalFailure": 500,
    "ServiceUnavailable": 503,
}
TOO_FAST = "Maximum sending rate exceeded."
QUOTA_USED_UP = "Daily message quota exceeded."
_MESSAGES = {
    "SendingPausedException": "Sending is paused for the account.",
    "AccountSuspendedException": "The account's ability to send email has been permanently restricted.",
    "MailFromDomainNotVerifiedException": "The sending domain is not verified.",
    "MessageRejected": "Email address is not verified.",
}


class Refusal(Exception):
    """SES does not take the call: a code of its own and why, in words."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message or _MESSAGES.get(code, "The simulator was asked to refuse this.")

    def answer(self) -> web.Response:
        """Write it as SES does."""
        return web.json_response(
            {"message": self.message}, status=_STATUS.get(self.code, 400), headers={"x-amzn-ErrorType": self.code}
        )
