"""`manage.py create_demo_staff`: the two log-ins of demo mode, with passwords that everybody may know."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crm.staff.models import OWNER, VIEWER, StaffUser

# Demo mode answers on loopback only, and its API needs no password at all.
ACCOUNTS = (
    ("owner@crm.example", OWNER, "Olivia Owner", "demo-owner-on-loopback"),
    ("viewer@crm.example", VIEWER, "Victor Viewer", "demo-viewer-on-loopback"),
)


class Command(BaseCommand):
    """Makes an owner and a viewer where they are missing; a password that somebody changed stays as it is."""

    help = "Create the demo log-ins and print them. Demo mode only."

    def handle(self, *args: object, **options: object) -> None:
        """Create and print them. Raises CommandError outside demo mode."""
        if not settings.DEMO:
            raise CommandError("Demo accounts have known passwords: they are made in demo mode only.")
        for email, role, name, password in ACCOUNTS:
            account = StaffUser.objects.filter(email=email).first()
            if account is None:
                account = StaffUser.objects.create_user(email, password, role=role, name=name)
            known = password if account.check_password(password) else "(the password you gave it)"
            self.stdout.write(f"  Sign in    {email} / {known}")
