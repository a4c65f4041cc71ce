"""The one Django app. Importing every `tables` module registers PynamoDB's discriminators: an item of a type
that was never imported would silently vanish from queries."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig

FEATURES = ("people", "events", "registrations", "deliveries", "campaigns", "staff", "audit")


class CrmConfig(AppConfig):
    """Registers item types, projections and the read model's sink."""

    name = "crm"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import tables and projections, and name the read model as the sink of what transactions write."""
        for feature in FEATURES:
            for layer in ("tables", "projection"):
                module = f"crm.{feature}.{layer}"
                if find_spec(module):
                    import_module(module)
