"""`manage.py prepare`: everything that must exist before the first request. Running it again is harmless."""

import sys

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Makes the tables, the staff accounts' database and, in demo mode, log-ins and demo data."""

    help = "Create tables, migrate the staff accounts' database and, with DEMO=1, add the demo's log-ins and data."

    def handle(self, *args: object, **options: object) -> None:
        """Prepare; what people should know about signing in goes to standard output."""
        call_command("create_tables", verbosity=0)
        call_command("migrate", interactive=False, verbosity=0)
        if settings.DEMO:
            call_command("load_demo", stdout=sys.stderr)
            call_command("create_demo_staff", stdout=self.stdout)
