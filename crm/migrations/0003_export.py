"""A permission of its own for taking people along as a file; owners have it."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def allow_owners(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    content_type = apps.get_model("contenttypes", "ContentType").objects.get(app_label="crm", model="staffuser")
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename="export", defaults={"name": "Take people along as a file"}
    )
    apps.get_model("auth", "Group").objects.get(name="owner").permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("crm", "0002_roles")]

    operations = [
        migrations.AlterModelOptions(
            name="staffuser",
            options={
                "default_permissions": (),
                "permissions": (
                    ("view", "See people, events, registrations, campaigns and analytics"),
                    ("edit", "Change people, events and registrations"),
                    ("export", "Take people along as a file"),
                    ("check_in", "Check people in at the door"),
                    ("send_campaigns", "Send campaigns"),
                    ("manage_staff", "Manage staff accounts and API tokens"),
                ),
                "verbose_name": "staff account",
            },
        ),
        migrations.RunPython(allow_owners, migrations.RunPython.noop),
    ]
