"""What tests of the public addresses begin with."""

import pytest
from django.test import Client

from crm.campaigns.entities import Campaign
from crm.deliveries.entities import Delivery
from tests import factories
from tests.campaigns.audience_steps import started
from tests.engagement.leaving_steps import sent


@pytest.fixture(autouse=True)
def always_fresh_counts(fresh_counts: None) -> None:
    """Nobody has asked for anything yet."""


@pytest.fixture
def mail() -> Delivery:
    """A newsletter sent to somebody."""
    campaign: Campaign = started()
    return sent(factories.person(), source=campaign.id)


@pytest.fixture
def browser() -> Client:
    """A browser that protects its forms, as browsers do."""
    return Client(enforce_csrf_checks=True)
