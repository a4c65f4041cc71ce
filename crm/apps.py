"""The one Django app. Importing every `tables` module registers PynamoDB's discriminators: an item of a type
that was never imported would silently vanish from queries."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig

from crm.core import changes
from crm.search import engine

FEATURES = (
    "people",
    "events",
    "registrations",
    "segments",
    "suppressions",
    "deliveries",
    "campaigns",
    "imports",
    "engagement",
    "feedback",
    "staff",
    "audit",
)


class CrmConfig(AppConfig):
    """Registers item types, projections and the read model's sink."""

    name = "crm"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import what registers itself, and name the read model as the sink of what transactions write."""
        for feature in FEATURES:
            for layer in ("tables", "projection", "partings"):
                module = f"crm.{feature}.{layer}"
                if find_spec(module):
                    import_module(module)
        # Opened at the first write, so that commands that never write need no read model.
        changes.set_sink(engine.show)
