"""What an action may refuse, in the product's words. One place maps these to HTML, one to problem+json."""

from collections.abc import Mapping


class CrmError(Exception):
    """Base of every answer that is not a success. `message` is shown to people as it is."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(CrmError):
    """The thing asked for does not exist, or no longer does."""


class Denied(CrmError):
    """The caller may not do this."""


class Invalid(CrmError):
    """The input breaks a rule. `fields` maps each field, as the API spells it, to what is wrong with it."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in fields.items()))
        self.fields = dict(fields)


class Conflict(CrmError):
    """What is stored does not allow this now. `field` names the input that clashes, where one does."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Busy(CrmError):
    """Too many writers at once; nothing was written. `retry_after` is in whole seconds."""

    def __init__(self, message: str = "Too many changes at once. Try again.", retry_after: int = 2) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooMany(CrmError):
    """One caller asks too often. `retry_after` is in whole seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
