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


@pytest.mark.parametrize("kind", ["source", "seats", "funnel", "compared"])
def test_svg_stands_by_itself(as_owner: Client, kind: str) -> None:
    answer = as_owner.get(f"{CHARTS}{kind}.svg", {"period": "30"})
    text = answer.content.decode()
    assert answer["Content-Type"] == "image/svg+xml"
    assert text.startswith("<svg")
    assert re.search(r"<text[^>]*>[A-Z][^<]* (per|by|to) [^<]*</text>", text)
    assert "var(" not in text
    assert "/dashboard/" not in text
    assert f'filename="{kind}.svg"' in answer["Content-Disposition"]


@pytest.mark.parametrize("size", ["narrow", "wide"])
@pytest.mark.parametrize("kind", ["source", "compared"])
def test_each_colour_of_a_file_is_explained_within_it(as_owner: Client, kind: str, size: str) -> None:
    text = as_owner.get(f"{CHARTS}{kind}.svg", {"period": "30", "size": size}).content.decode()
    bars = set(re.findall(r'<path role="img"[^>]* fill="(#[0-9a-f]{6})"', text))
    keys = dict(re.findall(r'fill="(#[0-9a-f]{6})"/><text x="[0-9.]+" y="[-0-9.]+"[^>]*>([^<]+)</text>', text))
    assert bars
    assert bars <= set(keys)
    if kind == "compared":
        assert list(keys.values()) == ["This period", "The period before"]
    else:
        assert list(keys.values()) == ["Sent", "Unknown", "Held", "Failed"]
        assert keys[chart_files.COLOURS["red-fill"]] == "Failed"


def test_a_legend_too_wide_for_a_line_goes_on_in_the_next() -> None:
    """However wide its letters are, no word leaves the drawing."""
    head = '<svg aria-label="Mails &lt;of all&gt;" width="310" height="100" viewBox="0 0 310 100">'
    states = ("sent", "sending", "pending", "unknown", "held", "failed", "skipped", "cancelled")
    text = chart_files.made(f"{head}</svg>", "svg", dict.fromkeys(states, "Twelve words")).decode()
    placed = [(float(x), float(y)) for x, y in re.findall(r'<text x="([0-9.]+)" y="([-0-9.]+)"', text)]
    assert len(placed) == len(states)
    assert max(x for x, _ in placed) < 310 - 12 * 7
    assert len({y for _, y in placed}) > 1
    assert all(y < 0 for _, y in placed)
    assert "<title>Mails &lt;of all&gt;</title>" in text


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
