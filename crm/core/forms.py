"""What forms of the dashboard share: how an action's refusal comes to stand beside the field it is about."""

from collections.abc import Mapping

from django.forms import BaseForm

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
