"""`manage.py rebuild_read_model`: build it anew from DynamoDB while it is being read and written."""

import signal
from threading import Event

from django.core.management.base import BaseCommand, CommandError

from crm.search import engine
from worker import rebuild
from worker.stream_api import StreamApi


class Command(BaseCommand):
    """Readers see the old rows until the new ones are complete."""

    help = "Build the read model anew from DynamoDB, beside the present one, and put it in its place."
    requires_system_checks: list[str] = []

    def handle(self, *args: object, **options: object) -> None:
        """Rebuild and print what was built."""
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        try:
            report = rebuild.rebuild(engine.rebuildable(), StreamApi(), stop.is_set)
        except rebuild.Stopped as error:
            raise CommandError(str(error)) from error
        for kind, rows in report.rows.items():
            self.stdout.write(f"{kind}: {rows}")
        self.stdout.write(f"read in {report.scanned_s:.1f} s, in place after {report.total_s:.1f} s")
