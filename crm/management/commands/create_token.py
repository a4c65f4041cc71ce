"""Make an API token from the command line, for the first client of a new installation."""

import argparse

from django.core.management.base import BaseCommand, CommandError

from crm.core import errors
from crm.staff import actions
from crm.staff.entities import READ, SCOPES


class Command(BaseCommand):
    """Prints the token's text on standard output, alone, and nowhere else."""

    help = "Make an API token and print it. It is shown this once."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the token's name, scopes and lifetime."""
        parser.add_argument("name", help="what will use the token")
        parser.add_argument("--scope", action="append", choices=SCOPES, help=f"repeatable; {READ} when left out")
        parser.add_argument("--days", type=int, help="lifetime; until it is revoked when left out")

    def handle(self, *, name: str, scope: list[str] | None, days: int | None, **options: object) -> None:
        """Make the token.

        Raises:
            CommandError: what was given breaks a rule.
        """
        try:
            issued = actions.issue(name=name, scopes=scope or [READ], days=days, actor="system")
        except errors.Invalid as error:
            raise CommandError(error.message) from error
        self.stdout.write(issued.text)
