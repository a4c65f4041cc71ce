"""What forms of the dashboard share: how an action's refusal comes to stand beside the field it is about."""

from collections.abc import Mapping
from datetime import datetime

from django.forms import BaseForm, Form

from crm.core import errors


def refuse(form: BaseForm, error: errors.CrmError, names: Mapping[str, str] | None = None) -> None:
    """Add what an action refused to the bound form, beside its field or over the form where it has none.

    `names` maps the API's spelling to the form's where they differ.
    """
    problems: Mapping[str, str] = {}
    if isinstance(error, errors.Invalid):
        problems = error.fields
    elif isinstance(error, errors.Conflict) and error.field:
        problems = {error.field: error.message}
    for field, problem in problems.items():
        name = (names or {}).get(field, field)
        form.add_error(name if name in form.fields else None, problem)
    if not problems:
        form.add_error(None, error.message)


def reopen(form: Form, revision: int, typed: Mapping[str, str], stored: Mapping[str, str]) -> list[str]:
    """Where the form is stale, open it on the `revision` stored by now; return what is stored otherwise than typed.

    What was typed stays; saving again then changes the newest version knowingly. The form has a field `revision`;
    `typed` and `stored` hold the values of its other fields, in words. Call after `is_valid`.
    """
    if not form.is_bound or form.cleaned_data.get("revision") in (None, revision):
        return []
    form.data = {name: form[name].value() for name in form.fields} | {"revision": revision}
    return [f"{form[name].label}: {stored[name] or 'empty'}" for name, text in typed.items() if text != stored[name]]


def in_words(value: object) -> str:
    """Return a value so that what was typed and what is stored are spelled alike."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M}"
    return "" if value is None else str(value).replace("\r\n", "\n").strip()
