"""How those who act are called on pages; audit entries keep `staff:<id>`, `token:<id>` or one of FIXED."""

from collections.abc import Collection, Mapping

from crm.staff import repository
from crm.staff.models import StaffUser

FIXED = {
    "demo": "the API (demo)",
    "system": "the system",
    "recipient": "the recipient",
    "ses": "Amazon SES",
    "visitor": "the public page",
}


def of(actors: Collection[str]) -> Mapping[str, str]:
    """Return a name for each actor. Accounts that are gone are said to be so."""
    ids = {actor: actor.partition(":")[2] for actor in actors if actor.startswith("staff:")}
    accounts = StaffUser.objects.in_bulk([int(key) for key in ids.values() if key.isdigit()])
    staff = {
        actor: accounts[int(key)].get_full_name()
        for actor, key in ids.items()
        if key.isdigit() and int(key) in accounts
    }
    return {actor: staff.get(actor) or _other(actor) for actor in actors}


def _other(actor: str) -> str:
    kind, _, key = actor.partition(":")
    if kind == "token":
        token = repository.find(key)
        return f"API token {token.name}" if token else "a token that is gone"
    return FIXED.get(actor, "staff who left")
