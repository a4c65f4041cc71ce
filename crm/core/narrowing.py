"""What an address says of which rows a list shows: one of several choices, UTM parameters, a stretch of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crm.core import errors, stretches
from crm.core.utm import PARAMETERS

# The most characters of a UTM parameter that is asked for.
MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Narrowing:
    """`chosen` holds each choice, '' for any; `utm` the parameters given, '' for rows without one."""

    chosen: Mapping[str, str]
    utm: Mapping[str, str]
    since: datetime | None
    before: datetime | None


def read(given: Mapping[str, str], choices: Mapping[str, Sequence[str]]) -> Narrowing:
    """Read a query string.

    Raises:
        errors.Invalid: naming each parameter with a bad value.
    """
    chosen = {name: given.get(name, "") for name in choices}
    utm = {name: given[name] for name in PARAMETERS if name in given}
    times, problems = stretches.read(given)
    problems |= {
        name: f"One of {', '.join(choices[name])}."
        for name, value in chosen.items()
        if value and value not in choices[name]
    }
    problems |= {name: f"At most {MAX_LENGTH} characters." for name, text in utm.items() if len(text) > MAX_LENGTH}
    if problems:
        raise errors.Invalid(problems)
    return Narrowing(chosen, utm, times["from"], times["before"])
