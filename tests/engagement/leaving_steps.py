"""What tests of unsubscribing begin with: a mail that somebody got, its page, and the buttons there."""

from dataclasses import replace
from urllib.parse import urlsplit

from django.test import Client

from crm.deliveries import repository as deliveries
from crm.deliveries import tokens
from crm.deliveries.entities import Delivery
from crm.people import repository as people
from crm.people.entities import Person
from tests.deliveries import examples


def sent(person: Person, **values: object) -> Delivery:
    """Store a mail that somebody got."""
    given = {"person_id": person.id, "email": person.fields.email, "state": "sent", "due_at": None, **values}
    made = replace(examples.mail(), **given)  # type: ignore[arg-type]
    deliveries.create(made)
    return made


def path(mail: Delivery) -> str:
    """Return where its unsubscribe link leads."""
    return urlsplit(tokens.unsubscribe_url(tokens.of(mail))).path


def person(mail: Delivery) -> Person:
    """Read whom it went to."""
    found = people.find(mail.person_id)
    assert found is not None
    return found


def press(browser: Client, mail: Delivery, choice: str) -> int:
    """Open the page and press one of its buttons."""
    browser.get(path(mail))
    cookie = browser.cookies.get("csrftoken")
    given = {"choice": choice} | ({"csrfmiddlewaretoken": cookie.value} if cookie else {})
    return browser.post(path(mail), given).status_code
