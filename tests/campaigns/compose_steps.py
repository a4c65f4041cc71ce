"""What tests of writing a mail begin with."""

from pathlib import Path

import pytest
from django.urls import reverse

from tests import factories


@pytest.fixture
def url(tables: None, data_dir: Path) -> str:
    """The form for two people in Rome, one of them without a company."""
    factories.person(first_name="Ada", company="TechCorp", city="Rome")
    factories.person(first_name="Ben", company="", city="Rome")
    return f"{reverse('campaign-new')}?city=Rome"
