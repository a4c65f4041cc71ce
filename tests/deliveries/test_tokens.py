"""What the addresses inside a mail give away, and that nobody can make one up."""

from dataclasses import replace

import pytest

from crm.core import errors
from crm.deliveries import tokens
from crm.deliveries.tokens import MailRef
from tests.deliveries import examples


def test_token_names_its_mail_even_where_the_step_holds_a_separator() -> None:
    mail = replace(examples.mail("p7", "e3"), shard=12, step="confirmation#2")

    assert tokens.read(tokens.of(mail)) == MailRef("e3", 12, "p7", "confirmation#2")


def test_token_is_the_same_whenever_it_is_made() -> None:
    mail = examples.mail()

    assert tokens.of(mail) == tokens.of(mail)


@pytest.mark.parametrize("change", ["{}!", "x{}", "{}.0", "", "é{}"])
def test_forged_token_is_not_found(change: str) -> None:
    with pytest.raises(errors.NotFound):
        tokens.read(change.format(tokens.of(examples.mail())))


def test_token_of_one_mail_does_not_sign_another() -> None:
    mine, theirs = (tokens.of(examples.mail(person)) for person in ("p1", "p2"))

    with pytest.raises(errors.NotFound):
        tokens.read(f"{theirs.partition('.')[0]}.{mine.partition('.')[2]}")
