"""How large the filter of a campaign may be: links carry it, narrowed further, so it must leave room there."""

from crm.campaigns import rehearsal
from crm.core import errors
from crm.deliveries.merge import FIELDS
from crm.people import filter_body
from crm.search import filters
from crm.search.filters import Filter
from crm.suppressions.kinds import DEFAULT


def demand_room(where: Filter) -> None:
    """Refuse what would make links that are refused, wherever a campaign is written.

    Raises:
        errors.Invalid: naming `filter`.
    """
    filter_body.demand_linkable(where)
    try:
        # The largest that we make of it: those who get the mail and lack any of the fields that can stand in it.
        filters.from_query(filters.to_query(rehearsal.lacking(where, DEFAULT, tuple(FIELDS.values()))))
    except errors.Invalid as error:
        why = " ".join(error.fields.values())
        raise errors.Invalid({"filter": f"Too large, as it is narrowed to those who get the mail: {why}"}) from error
