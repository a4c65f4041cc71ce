"""The UTM triple: where a click or a registration came from."""

from collections.abc import Mapping
from dataclasses import dataclass

from crm.core import errors
from crm.core.text import has_controls, trimmed

# Characters of each value.
MAX_LENGTH = 100
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


def read(query: Mapping[str, str]) -> Utm:
    """Return the triple of an address that anybody may have written: trimmed and cut, what cannot be shown left out."""
    found = (trimmed(query.get(name, ""))[:MAX_LENGTH] for name in PARAMETERS)
    return Utm(*("" if has_controls(value) else trimmed(value) for value in found))


def untagged(link: str) -> str:
    """Return a link without the parameters of the triple; everything else stays as it is."""
    rest, hash_sign, fragment = link.partition("#")
    address, _, query = rest.partition("?")
    kept = "&".join(pair for pair in query.split("&") if pair and pair.partition("=")[0] not in PARAMETERS)
    return f"{address}{'?' if kept else ''}{kept}{hash_sign}{fragment}"


def cleaned(given: Utm) -> Utm:
    """Return the triple trimmed.

    Raises:
        errors.Invalid: naming each parameter that is too long or holds control characters.
    """
    found = Utm(trimmed(given.source), trimmed(given.medium), trimmed(given.campaign))
    problems = {name: why for name, value in found.parameters().items() if (why := problem(value))}
    if problems:
        raise errors.Invalid(problems)
    return found


def problem(value: str) -> str:
    """Return what is wrong with one of the three, empty where nothing is."""
    if len(value) > MAX_LENGTH:
        return f"At most {MAX_LENGTH} characters."
    return "Control characters are not allowed." if has_controls(value) else ""


def check_names(wanted: Mapping[str, str]) -> None:
    """Raise errors.Invalid, naming each, where names are no UTM parameters."""
    if strange := wanted.keys() - set(PARAMETERS):
        raise errors.Invalid(dict.fromkeys(strange, "There is no such UTM parameter."))
