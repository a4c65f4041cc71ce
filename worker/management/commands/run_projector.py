"""`manage.py run_projector`: keep the read model in step with the tables."""

import signal
from threading import Event

from django.core.management.base import BaseCommand

from crm.search import engine
from worker.projector import Projector, rebuild_in_child
from worker.stream_api import StreamApi


class Command(BaseCommand):
    """Runs until SIGTERM or SIGINT, then stores what has been written so far and leaves within 8 s."""

    help = "Project DynamoDB's streams into the read model until told to stop."
    requires_system_checks: list[str] = []

    def handle(self, *args: object, **options: object) -> None:
        """Run the projector."""
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        Projector(engine.rebuildable(), StreamApi(), rebuild_in_child).run(stop)
