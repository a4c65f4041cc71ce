"""Taking along exactly those people whom the page shows."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from crm.core import errors
from crm.people import export
from crm.people.filter_form import FilterForm
from crm.staff.permissions import actor, requires


@requires("crm.export")
@require_safe
def people(request: HttpRequest) -> HttpResponseBase:
    """Send everybody whom the filter in the address matches.

    Raises:
        errors.Invalid: the filter cannot be used, or naming `format`.
    """
    asked = request.GET.copy()
    wanted = (asked.pop("format", None) or [export.CSV])[-1]
    form = FilterForm(asked)
    if not form.is_valid():
        raise errors.Invalid({name: " ".join(map(str, problems)) for name, problems in form.errors.items()})
    return export.download(form.where, str(wanted), actor=actor(request))
