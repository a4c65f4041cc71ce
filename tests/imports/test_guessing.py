"""Columns are known by the heads that common programs write."""

import pytest

from crm.imports import guessing


@pytest.mark.parametrize(
    ("head", "guessed"),
    [
        (
            "email,firstName,lastName,phoneNumber,jobTitle,company,city,state,tags",
            "email,first_name,last_name,phone_number,job_title,company,city,state,tags",
        ),
        ("E-Mail-Adresse,Vorname,Nachname,Firma,Ort,Bundesland", "email,first_name,last_name,company,city,state"),
        ("Adresse e-mail,Prénom,Nom,Société,Ville,Téléphone", "email,first_name,last_name,company,city,phone_number"),
        ("Correo electrónico,Nombre,Apellidos,Empresa,Ciudad", "email,first_name,last_name,company,city"),
        (
            "Given Name,Family Name,Group Membership,E-mail 1 - Value,Phone 1 - Value",
            "first_name,last_name,tags,email,phone_number",
        ),
        ("email,name,attributes", "email,name,"),
        ("Email,First Name,Name", "email,first_name,"),
        ("Email,Email", "email,"),
    ],
    ids=["ours", "German", "French", "Spanish", "Google", "listmonk", "full name beside", "twice"],
)
def test_heads_are_known(head: str, guessed: str) -> None:
    assert guessing.columns(head.split(","), []) == tuple(guessed.split(","))


def test_addresses_are_found_where_no_head_says_so() -> None:
    assert guessing.columns(["x", "y"], [["1", "a@b.c"], ["2", ""]]) == ("", "email")
    assert guessing.columns(["x", "y"], [["1", ""]]) == ("", "")
