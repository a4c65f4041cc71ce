"""The roles owner and viewer, as groups of permissions."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ROLES = {"owner": ("view", "edit", "check_in", "send_campaigns", "manage_staff"), "viewer": ("view",)}


def make_roles(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Django itself makes a model's permissions after the last migration only, which would be too late here.
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="crm", model="staffuser"
    )
    names = dict(apps.get_model("crm", "StaffUser")._meta.permissions)
    permission = apps.get_model("auth", "Permission").objects
    for role, codenames in ROLES.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        group.permissions.set(
            permission.get_or_create(content_type=content_type, codename=codename, defaults={"name": names[codename]})[
                0
            ]
            for codename in codenames
        )


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0001_staff_accounts"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
