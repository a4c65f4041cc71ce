"""Imported before anything of the product: its settings are read from the environment once."""

import os

VARIABLES = {
    "DJANGO_SETTINGS_MODULE": "crm_site.settings",
    "DEMO": "1",
    # Nothing is asked of AWS; its client only wants to be built.
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
}
os.environ.update(VARIABLES)
