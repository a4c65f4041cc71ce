"""Rules of tagging many people over the API: an order is taken, asked for, and stopped."""

from typing import Any

import pytest

from crm.audit import repository as audit
from crm.core import clock
from crm.people import queries, tagging
from crm.search import engine
from tests import factories
from tests.api_client import ApiClient

pytestmark = [pytest.mark.usefixtures("tables", "data_dir"), pytest.mark.django_db]


@pytest.fixture
def api() -> ApiClient:
    return ApiClient()


def ordered(api: ApiClient, **body: Any) -> Any:
    status, job, _ = api.call("POST", "/users/tags", body)
    assert status == 202, job
    return job


def test_everybody_of_a_filter_is_tagged_by_the_worker_and_the_order_says_how_far_it_is(api: ApiClient) -> None:
    ada, ben = factories.person(company="Acme", tags=("old",)), factories.person(company="Acme", tags=("VIP",))
    other = factories.person(company="Other")
    job = ordered(api, filter={"company": "acme"}, add=["vip"], remove=["old"])
    assert (job["state"], job["total"], job["add"], job["remove"]) == ("choosing", None, ["vip"], ["old"])
    engine.store().note_freshness(clock.now())
    tagging.run_open(lambda: False)
    now = api.get(f"/users/tags/{job['id']}")
    assert (now["state"], now["total"], now["done"], now["changed"], now["same"]) == ("done", 2, 2, 1, 1)
    assert [queries.get(one.id).fields.tags for one in (ada, ben, other)] == [("vip",), ("VIP",), ()]
    (started,) = audit.history("tagging", job["id"])
    assert (started.action, started.actor) == ("started", "demo")


def test_few_who_are_named_are_tagged_before_the_answer(api: ApiClient) -> None:
    ada = factories.person()
    job = ordered(api, userIds=[ada.id, "nobody"], add=["vip"])
    assert (job["state"], job["total"], job["changed"], job["gone"]) == ("done", 2, 1, 1)
    assert queries.get(ada.id).fields.tags == ("vip",)


def test_an_order_is_stopped_once(api: ApiClient) -> None:
    job = ordered(api, all=True, add=["vip"])
    status, stopped, _ = api.call("POST", f"/users/tags/{job['id']}/cancel")
    assert (status, stopped["state"]) == (202, "cancelled")
    assert api.call("POST", f"/users/tags/{job['id']}/cancel")[0] == 409
    assert api.call("GET", "/users/tags/nothing")[0] == 404


def test_an_order_given_twice_under_one_key_is_one(api: ApiClient) -> None:
    body = {"filter": {"company": "Acme"}, "add": ["vip"]}
    first, again = (api.call("POST", "/users/tags", body, Idempotency_Key="k")[1] for _ in range(2))
    assert first == again
    assert len(tagging.newest()) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"add": ["vip"]}, "filter"),
        ({"add": ["vip"], "filter": {}}, "filter"),
        ({"add": ["vip"], "filter": {"company": "Acme"}, "all": True}, "all"),
        ({"add": ["vip"], "filter": {"company": "Acme"}, "userIds": ["a"]}, "userIds"),
        ({"add": ["vip"], "all": True, "userIds": ["a"]}, "userIds"),
        ({"add": ["vip"], "userIds": ["A/B"]}, "userIds"),
        ({"filter": {"company": "Acme"}}, "add"),
        ({"filter": {"company": "Acme"}, "add": ["vip"], "remove": ["VIP"]}, "remove"),
        ({"filter": {"hair": "red"}, "add": ["vip"]}, "filter.hair"),
    ],
)
def test_an_order_that_says_too_little_or_too_much_is_refused(api: ApiClient, body: Any, field: str) -> None:
    status, problem, _ = api.call("POST", "/users/tags", body)
    assert status == 422, problem
    assert [error["field"].partition("[")[0].partition(".0")[0] for error in problem["errors"]] == [field]
    assert tagging.newest() == []
