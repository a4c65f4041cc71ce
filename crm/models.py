"""Django's models: staff log-ins, nothing else. Django looks for them here."""

from crm.staff.models import StaffUser

__all__ = ["StaffUser"]
