"""The UTM triple: where a click or a registration came from."""

from collections.abc import Mapping
from dataclasses import dataclass

from crm.core import errors

PARAMETERS = ("utm_source", "utm_medium", "utm_campaign")


@dataclass(frozen=True, slots=True)
class Utm:
    """Source, medium and campaign; empty strings mean not given."""

    source: str = ""
    medium: str = ""
    campaign: str = ""

    def parameters(self) -> dict[str, str]:
        """Return the query parameters to add to a link; what is not given is left out."""
        values = zip(PARAMETERS, (self.source, self.medium, self.campaign), strict=True)
        return {name: value for name, value in values if value}


NO_UTM = Utm()


def check_names(wanted: Mapping[str, str]) -> None:
    """Raise errors.Invalid, naming each, where names are no UTM parameters."""
    if strange := wanted.keys() - set(PARAMETERS):
        raise errors.Invalid(dict.fromkeys(strange, "There is no such UTM parameter."))
