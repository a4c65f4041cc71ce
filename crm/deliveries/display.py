"""Words for mails in templates of any feature. Built in (settings.TEMPLATES), so no template loads them."""

from django.template import Library

from crm.deliveries import mails

register = Library()


@register.filter
def why_not_mailed(code: str) -> str:
    """Return why somebody was left out, or a mail refused, as every list of mails says it."""
    return mails.reason(code)
