"""`manage.py create_staff`: somebody who may sign in to the dashboard, as owner or viewer."""

import argparse
import getpass
import sys

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from crm.staff.models import OWNER, VIEWER, StaffUser


class Command(BaseCommand):
    """Asks for the password, or takes it from standard input; never from the command line, which others can see."""

    help = "Make a staff account. `manage.py changepassword` gives an account another password."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take who it is and what they may do."""
        parser.add_argument("--email", required=True, help="the address they sign in with")
        parser.add_argument("--role", required=True, choices=(OWNER, VIEWER), help="everything, or look only")
        parser.add_argument("--name", default="", help="what they are called; the address when left out")
        parser.add_argument("--password-stdin", action="store_true", help="read the password's line instead of asking")

    def handle(self, *, email: str, role: str, name: str, password_stdin: bool, **options: object) -> None:
        """Make the account.

        Raises:
            CommandError: the address is none or has an account, or the password is refused.
        """
        account = StaffUser(email=email, name=name)
        try:
            account.full_clean(exclude=["password"])
            password = sys.stdin.readline().rstrip("\r\n") if password_stdin else _asked()
            validate_password(password, account)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        StaffUser.objects.create_user(email, password, role=role, name=name)
        self.stdout.write(f"{account.email} may sign in as {role}.")


def _asked() -> str:
    password = getpass.getpass()
    if getpass.getpass("Password (again): ") != password:
        raise CommandError("The two passwords differ.")
    return password
