"""Counts the rows behind the analytics anew and compares the roll-ups with them."""

from itertools import islice

from django.core.management.base import BaseCommand, CommandError

from crm.analytics import engine

_SHOWN = 20


class Command(BaseCommand):
    """Prints every figure that differs; exits with an error where there is any."""

    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        """Compare and print."""
        found = engine.store().mismatches()
        for one in islice(found, _SHOWN):
            self.stdout.write(f"{one.figure}: rolled up {one.rolled_up:,}, counted {one.counted:,}")
        if found:
            more = f" {len(found) - _SHOWN:,} more are not shown." if len(found) > _SHOWN else ""
            raise CommandError(f"{len(found):,} figures are not those of their rows.{more} Rebuild the read model.")
        self.stdout.write("Every rolled-up figure is that of its rows.")
