"""`manage.py create_tables`: make what is missing of the two tables."""

from django.core.management.base import BaseCommand

from crm.core import dynamo


class Command(BaseCommand):
    """For emulators and first trials; on AWS infrastructure code owns the tables."""

    help = "Create the DynamoDB tables that do not exist yet; have what expired deleted from them."

    def handle(self, *args: object, **options: object) -> None:
        """Create them and wait until they can be used."""
        dynamo.create_tables()
        if options["verbosity"]:
            self.stdout.write("The tables " + ", ".join(table.Meta.table_name for table in dynamo.TABLES) + " exist.")
