"""What a visitor of the public pages does: fill in the form as its page shows it, and read the mail that comes."""

import re
import time
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.test import Client

from crm.deliveries import repository as deliveries
from crm.deliveries.entities import Delivery
from crm.events.entities import Event
from crm.people import repository as people
from crm.public import forms

ADA = {"name": "Ada Lovelace", "email": "ada@example.com", "consent": "on"}


def register(client: Client, event: Event, headers: Mapping[str, str] | None = None, **typed: Any) -> HttpResponse:
    """Send the form of a page that was opened a while ago, after clearing what a value of None leaves out."""
    shown = forms._signer.sign_object([event.id, time.time() - 30, forms.consent()])
    values = {key: value for key, value in ({**ADA, "shown": shown} | typed).items() if value is not None}
    return client.post(f"/e/{event.fields.slug}", values, headers=headers)


def person_id(email: str = ADA["email"]) -> str:
    """Return who has the address."""
    found = people.id_by_email(email)
    assert found is not None
    return found


def mail(event: Event, step: str, email: str = ADA["email"]) -> Delivery | None:
    """Return the mail of this step to whoever has the address."""
    return deliveries.find(event.id, 0, person_id(email), step)


def problems(response: HttpResponse) -> list[str]:
    """Return what the page says is wrong."""
    return re.findall(r'class="error"[^>]*>([^<]+)<', response.content.decode())
