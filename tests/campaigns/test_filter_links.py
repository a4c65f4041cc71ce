"""A campaign's filter stands in links, so one too long for them is refused where it comes in."""

import json
from functools import reduce
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from crm.campaigns import rehearsal, schemas
from crm.core import clock, errors, ids, paging
from crm.deliveries.merge import FIELDS
from crm.people.filter_body import MAX_ADDRESS
from crm.search import cursors, filters
from crm.search.cursors import Cursor
from crm.search.filters import And, Condition, Or, narrowed
from crm_site import gunicorn_conf

# An id takes 30 characters of an address.
LONGEST = {"id": [f"{number:026d}" for number in range(MAX_ADDRESS // 30)]}
CITY = {"field": "city", "op": "empty"}
DEEPEST: dict[str, Any] = reduce(lambda within, _: {"or": [CITY, {"not": within}]}, range(4), {"not": CITY})
TOO_LONG = {"id": [*LONGEST["id"], "x" * 26]}


@pytest.mark.parametrize(
    "given",
    [
        TOO_LONG,
        {"city": [f"{number:0200d}" for number in range(900)]},
        {"or": [{"field": "city", "op": "one_of", "values": ["🎉" * 190] * 400}]},
        DEEPEST,
    ],
    ids=["ids", "cities", "letters", "levels"],
)
def test_filter_too_long_for_a_link_is_refused_by_name(given: dict[str, Any]) -> None:
    with pytest.raises(errors.Invalid) as caught:
        schemas.filter_of(given)
    assert list(caught.value.fields) == ["filter"]


@pytest.mark.django_db
@pytest.mark.usefixtures("tables", "data_dir")
@pytest.mark.parametrize("given", [TOO_LONG, {"filter": json.dumps(DEEPEST)}], ids=["long", "deep"])
def test_the_same_filter_is_refused_where_a_campaign_is_written_on_the_page(
    as_owner: Client, given: dict[str, Any]
) -> None:
    filters.from_query(given)
    for answer in (as_owner.get(reverse("campaign-new"), given), as_owner.post(reverse("campaign-new", query=given))):
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "filter: Too l" in " ".join(answer.content.decode().split())


def test_longest_filter_taken_fits_into_every_link(rf: RequestFactory) -> None:
    where = schemas.filter_of(LONGEST)
    assert MAX_ADDRESS - len(filters.address(where)) < 30
    empty = tuple(And(tuple(Condition(name, "empty") for name in field.attributes)) for field in FIELDS.values())
    lacking = narrowed(rehearsal.readers(where, "newsletter"), Or(empty))
    cursor = cursors.write(["people", "-created_at"], Cursor(clock.now().isoformat(), ids.new()))
    trail = paging.SEPARATOR.join([cursor] * paging.TRAIL_MAX)
    place = {"sort_by": "-createdAt", "cursor": cursor, "trail": trail, "start": "1000"}
    asked = rf.get(reverse("people"), {**filters.to_query(lacking), **place})
    links = [
        f"{reverse('campaign-new')}?{filters.address(where)}&draft={ids.new()}",
        paging.pager(asked, rows=20, total=2_000, next_cursor=cursor).next,
    ]
    for link in links:
        assert len(f"GET {link} HTTP/1.1\r\n") <= gunicorn_conf.limit_request_line
