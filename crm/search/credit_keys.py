"""The keys by which registrations are found by the visit that they are credited to, in both engines."""

from collections.abc import Mapping

from crm.core import errors
from crm.core.utm import PARAMETERS, check_names
from crm.search.documents import TOUCHES


def name(touch: str, key: str) -> str:
    """Return the column of a touch that holds a UTM parameter, or the campaign's id: first_source for utm_source."""
    return f"{touch}_{key.removeprefix('utm_')}"


def credit_keys(touch: str, utm: Mapping[str, str], campaign_id: str | None) -> dict[str, str | None]:
    """Return column -> wanted value, None for any.

    Raises:
        errors.Invalid: naming `touch`, or what is no UTM parameter.
    """
    if touch not in TOUCHES:
        raise errors.Invalid({"touch": f"Use one of {', '.join(TOUCHES)}."})
    check_names(utm)
    return {name(touch, key): utm.get(key) for key in PARAMETERS} | {name(touch, "campaign_id"): campaign_id}
