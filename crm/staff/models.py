"""Staff log-ins. People the CRM is about are no Django models; what staff may do with them is permitted here."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.db import models
from django.utils import timezone

from crm.core.addresses import normalised

OWNER, VIEWER = "owner", "viewer"


class StaffManager(BaseUserManager["StaffUser"]):
    """Makes accounts. Roles are groups by name, as the migration made them."""

    def get_by_natural_key(self, username: str | None) -> "StaffUser":
        """Find an account by its address without regard to case."""
        return self.get(email=normalised(username or ""))

    def create_user(
        self,
        email: str,
        password: str | None = None,
        *,
        role: str | None = None,
        name: str = "",
        is_superuser: bool = False,
    ) -> "StaffUser":
        """Make an account. Without a password it cannot sign in; without a role it may do nothing.

        Raises:
            Group.DoesNotExist: there is no such role.
        """
        user = self.model(email=normalised(email), name=name, is_superuser=is_superuser)
        user.set_password(password)
        user.save(using=self._db)
        if role is not None:
            user.groups.add(Group.objects.get(name=role))
        return user

    def create_superuser(self, email: str, password: str | None = None) -> "StaffUser":
        """Make an account that may do everything; `manage.py createsuperuser` calls this."""
        return self.create_user(email, password, is_superuser=True)


class StaffUser(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in to the dashboard. The e-mail address, in lower case, is the user name."""

    email = models.EmailField("e-mail", unique=True, error_messages={"unique": "This address has an account already."})
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[StaffManager] = StaffManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "staff account"
        default_permissions = ()
        permissions = (
            ("view", "See people, events, registrations, campaigns and analytics"),
            ("edit", "Change people, events and registrations"),
            ("export", "Take people along as a file"),
            ("check_in", "Check people in at the door"),
            ("send_campaigns", "Send campaigns"),
            ("manage_staff", "Manage staff accounts and API tokens"),
        )

    def __str__(self) -> str:
        return self.get_full_name()

    def clean(self) -> None:
        """Bring the address into its stored form before it is validated."""
        super().clean()
        self.email = normalised(self.email)

    def get_full_name(self) -> str:
        """Return the name, or the address where none is given."""
        return self.name or self.email
