"""Charts to take along."""

import re
from http import HTTPStatus
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from crm.analytics import chart_files

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("tables", "data_dir", "some_mails", "fresh_charts"),
]
CHARTS = "/dashboard/analytics/charts/"


@pytest.mark.parametrize("kind", ["source", "time", "compared"])
def test_svg_stands_by_itself(as_owner: Client, kind: str) -> None:
    answer = as_owner.get(f"{CHARTS}{kind}.svg", {"period": "30"})
    text = answer.content.decode()
    assert answer["Content-Type"] == "image/svg+xml"
    assert text.startswith("<svg")
    assert re.search(r"<text[^>]*>[A-Z][^<]* (per|by) [^<]*</text>", text)
    assert "var(" not in text
    assert "/dashboard/" not in text
    assert f'filename="{kind}.svg"' in answer["Content-Disposition"]


def test_png_is_one(as_owner: Client) -> None:
    answer = as_owner.get(f"{CHARTS}source.png")
    assert answer["Content-Type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["source.gif", "pie.svg", "source.svg?utm_source=nobody"])
def test_what_is_no_file_is_not_found(as_owner: Client, name: str) -> None:
    assert as_owner.get(f"{CHARTS}{name}").status_code == HTTPStatus.NOT_FOUND


def test_colours_are_those_of_the_light_scheme() -> None:
    sheet = (Path(settings.BASE_DIR) / "static/css/app.css").read_text()
    light = dict(re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}),", sheet))
    assert {name: light[name] for name in chart_files.COLOURS} == chart_files.COLOURS
