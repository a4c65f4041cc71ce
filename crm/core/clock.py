"""The only source of the current time, always aware and in UTC."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time in UTC, cut to whole microseconds."""
    return datetime.now(UTC)


def epoch_ms(moment: datetime) -> int:
    """Return milliseconds since 1970 of an aware datetime."""
    return int(moment.timestamp() * 1000)
