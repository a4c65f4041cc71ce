"""`manage.py verify_read_model`: compare every row with DynamoDB."""

from django.core.management.base import BaseCommand, CommandError

from crm.search import engine
from worker import rebuild
from worker.stream_api import StreamApi

_SHOWN = 20


class Command(BaseCommand):
    """Exits with 1 where rows differ."""

    help = "Compare the read model with DynamoDB, row by row."
    requires_system_checks: list[str] = []

    def handle(self, *args: object, **options: object) -> None:
        """Verify and print the first differences."""
        try:
            differing = rebuild.verify(engine.rebuildable(), StreamApi(), lambda: False)
        except rebuild.Stopped as error:
            raise CommandError(str(error)) from error
        for one in differing[:_SHOWN]:
            self.stdout.write(f"differs: {one.kind} {one.id}")
        if differing:
            raise CommandError(f"{len(differing)} rows differ from DynamoDB; manage.py rebuild_read_model mends them")
        self.stdout.write("The read model holds what DynamoDB holds.")
