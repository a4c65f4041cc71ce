"""A filter that is stored or mailed by: read from a body's field `filter`, and short enough for links."""

from typing import Any

from crm.core import errors
from crm.search import filters
from crm.search.filters import Filter

# Links carry a stored filter, narrowed and with a list's place beside it, and gunicorn takes lines of 8,190
# characters (crm_site/gunicorn_conf.py).
MAX_ADDRESS = 5_500


def read(given: dict[str, Any]) -> Filter:
    """Return the filter that a body holds in its field `filter`. Raises errors.Invalid naming the field within it."""
    try:
        where = filters.from_json(given)
    except errors.Invalid as error:
        within = {name: name if name == "filter" else f"filter.{name}" for name in error.fields}
        raise errors.Invalid({within[name]: why for name, why in error.fields.items()}) from error
    demand_linkable(where)
    return where


def demand_linkable(where: Filter) -> None:
    """Raise errors.Invalid, naming `filter`, where an address could not hold it."""
    if len(filters.address(where)) > MAX_ADDRESS:
        raise errors.Invalid({"filter": f"Too long: an address holding it has more than {MAX_ADDRESS:,} characters."})


def demand_meant(where: Filter, *, is_everybody: bool) -> None:
    """Raise errors.Invalid, naming `filter` or `all`, unless `all` asks for everybody just where the filter does."""
    matches_everyone = filters.matches_everyone(where)
    if matches_everyone and not is_everybody:
        raise errors.Invalid({"filter": 'This filter matches everybody: ask for that with "all": true.'})
    if not matches_everyone and is_everybody:
        raise errors.Invalid({"all": "Asks for everybody, but the filter does not."})
