"""`manage.py load_demo`: the invented people, events, registrations and campaigns of the demo."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from devstack.demo import load


class Command(BaseCommand):
    """Loads once; a load that was cut short goes on where it was."""

    help = "Load the demo data. Demo mode only."

    def handle(self, *args: object, **options: object) -> None:
        """Load and say what. Raises CommandError outside demo mode."""
        if not settings.DEMO:
            raise CommandError("Demo data is loaded in demo mode only.")
        load.load(lambda what: self.stdout.write(f"  Demo data  {what}"))
