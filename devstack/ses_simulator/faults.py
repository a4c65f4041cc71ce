"""What goes wrong on request, and the account's limits: replaced as a whole by PUT /_simulator/faults."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

# SES's unlimited daily quota.
NO_QUOTA = -1
_CHANCES = ("throttle", "client_error", "server_error", "drop_answer", "hang", "lose_events")
_UNIT = 2**64


class Invalid(Exception):
    """A setting is unknown or of the wrong kind; the message names it."""


@dataclass(frozen=True, slots=True)
class Faults:
    """The account's limits and the faults asked for; by default there are none.

    `throttle`, `client_error`, `server_error`, `drop_answer`, `hang` and `lose_events` are chances from 0 to 1, drawn
    for each mail from `seed`, its tags and its recipient, so that a run can be repeated. `client_error` answers
    `error_code` with status 400. Half of the mails that `server_error` hits were accepted all the same, and every one
    that `drop_answer` or `hang` hits. `hang_s` is how long a connection hangs before it is closed. Every event is
    posted `repeat_events` times more, `event_delay_s` late; with `reverse_events`, those of two seconds newest first.
    """

    seed: int = 0
    throttle: float = 0.0
    client_error: float = 0.0
    server_error: float = 0.0
    drop_answer: float = 0.0
    hang: float = 0.0
    hang_s: float = 30.0
    repeat_events: int = 0
    reverse_events: bool = False
    event_delay_s: float = 0.0
    max_send_rate: float = 200.0
    max_24h: int = 1_000_000
    sent_24h: int = 0
    sending_enabled: bool = True
    error_code: str = "MessageRejected"
    engage: bool = False
    lose_events: float = 0.0
    event_types: str = "Reject,Delivery,Bounce,Complaint,DeliveryDelay"

    def hits(self, name: str, key: str) -> bool:
        """Draw for the chance called `name`; the same seed and key always draw the same."""
        chance: float = getattr(self, name)
        return chance > 0 and self.draw(name, key) < chance

    def draw(self, name: str, key: str) -> float:
        """Return a number from 0 to 1 (not 1 itself) that follows from the seed, the name and the key."""
        digest = hashlib.blake2b(f"{self.seed}|{name}|{key}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) / _UNIT

    def publishes(self, event_type: str) -> bool:
        """Tell whether events of this type are sent: what an event destination of SES is set to."""
        return event_type in self.event_types.split(",")


def replaced(defaults: Faults, wanted: object) -> Faults:
    """Return `defaults` with the settings of a decoded JSON object.

    Raises:
        Invalid: no object, an unknown setting, or a value of the wrong kind or out of range.
    """
    if not isinstance(wanted, Mapping):
        raise Invalid("a JSON object is wanted")
    kinds = {field.name: type(getattr(defaults, field.name)) for field in fields(Faults)}
    found: dict[str, object] = {}
    for name, value in wanted.items():
        if name not in kinds:
            raise Invalid(f"{name} is no setting")
        found[name] = _value(name, value, kinds[name])
    return replace(defaults, **found)  # type: ignore[arg-type]  # checked against the fields' own kinds


def _value(name: str, value: object, kind: type) -> object:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        raise Invalid(f"{name} must be of type {kind.__name__}")
    if isinstance(value, float | int) and not (value >= 0 or (name == "max_24h" and value == NO_QUOTA)):
        raise Invalid(f"{name} must not be negative")
    if name in _CHANCES and isinstance(value, float) and value > 1:
        raise Invalid(f"{name} is a chance, at most 1")
    return value
