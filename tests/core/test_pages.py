"""Rules that every page of the dashboard keeps."""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from crm.core import display, errors, htmx, pages, paging, zone

requests = RequestFactory()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotFound("gone"), 404),
        (errors.Denied("no"), 403),
        (errors.Conflict("stale"), 409),
        (errors.Invalid({"q": "bad"}), 422),
        (errors.Busy("busy", 7), 503),
        (errors.TooMany("slow down", 9), 429),
    ],
)
@pytest.mark.django_db
def test_refusal_is_a_page_with_the_status_that_fits(
    as_viewer: Client, monkeypatch: pytest.MonkeyPatch, error: errors.CrmError, status: int
) -> None:
    def refuse(**_: object) -> None:
        raise error

    monkeypatch.setattr("crm.home.today.schedule", refuse)
    response = as_viewer.get(reverse("home"))
    assert response.status_code == status
    assert error.message in response.content.decode()
    assert response.headers.get("Retry-After") == {503: "7", 429: "9"}.get(status)


def test_defect_is_not_dressed_up_as_a_refusal() -> None:
    assert pages.ErrorPages(lambda _: HttpResponse()).process_exception(HttpRequest(), KeyError("x")) is None


@pytest.mark.django_db
def test_page_has_no_inline_script_or_style_and_loads_nothing_from_elsewhere(as_owner: Client) -> None:
    for response in (as_owner.get(reverse("sign-in")), as_owner.get("/dashboard/nowhere/")):
        page = response.content.decode()
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
        assert "://" not in page
        assert "unsafe" not in response["Content-Security-Policy"]


@pytest.mark.django_db
@pytest.mark.usefixtures("tables", "data_dir")
def test_navigation_marks_where_one_is_and_hides_what_one_may_not_open(as_viewer: Client, as_owner: Client) -> None:
    page = as_viewer.get(reverse("people")).content.decode()
    assert f'<a href="{reverse("people")}" aria-current="page">' in page
    below = as_owner.get(reverse("person-new")).content.decode()
    assert f'<a href="{reverse("people")}" aria-current="true">' in below
    assert reverse("tokens") in below
    assert reverse("tokens") not in page


def test_pager_counts_rows_and_remembers_the_way_back() -> None:
    first = paging.pager(requests.get("/x/?q=a"), rows=20, total=50, next_cursor="C1")
    assert (first.first, first.last, first.previous) == (1, 20, "")
    second = paging.pager(requests.get(first.next), rows=20, total=50, next_cursor="C2")
    assert (second.first, second.last, second.previous) == (21, 40, "/x/?q=a")
    third = paging.pager(requests.get(second.next), rows=10, total=50, next_cursor=None)
    assert (third.first, third.last, third.next) == (41, 50, "")
    assert paging.pager(requests.get(third.previous), rows=20, total=50, next_cursor="C2").first == 21


def test_way_back_passes_every_page_of_the_way_there() -> None:
    url, way = "/x/?q=a", ["/x/?q=a"]
    for number in range(5):
        url = paging.pager(requests.get(url), rows=20, total=120, next_cursor=f"C{number}").next
        way.append(url)
    back = [url]
    while url := paging.pager(requests.get(url), rows=20, total=120, next_cursor="C").previous:
        back.append(url)
    assert back == way[::-1]


def test_address_of_the_hundredth_page_is_no_longer_than_that_of_the_twentieth() -> None:
    url, lengths = "/x/", []
    for number in range(100):
        url = paging.pager(requests.get(url), rows=20, total=5_000, next_cursor=f"cursor-{number:03}").next
        lengths.append(len(url))
    assert lengths[99] - lengths[19] <= 2


@pytest.mark.parametrize("start", ["-5", "x", "9" * 400, "²"])
def test_pager_takes_any_nonsense_in_the_address(start: str) -> None:
    request = requests.get("/x/", {"cursor": "C", "start": start})
    assert paging.pager(request, rows=1, total=1, next_cursor=None).last >= 1


@pytest.mark.parametrize("name", ["", "Nowhere/City", "../../etc/passwd", "\x00", "a" * 5_000])
def test_zone_that_is_none_is_none(name: str) -> None:
    assert zone.named(name) is None


def test_days_near_today_are_called_by_name_in_the_viewer_s_zone() -> None:
    now = timezone.now()
    with timezone.override(UTC):
        assert "today" in str(display.day(now))
        assert "yesterday" in str(display.day(now - timedelta(days=1)))
        assert "tomorrow" in str(display.when(now + timedelta(days=1)))
        assert str(display.when(datetime(2019, 3, 4, 5, 6, tzinfo=UTC))).endswith(">4 Mar 2019 05:06</time>")
        assert str(display.when(datetime(2019, 3, 4, 5, 6, tzinfo=UTC), "Asia/Tokyo")).endswith(
            ">4 Mar 2019 14:06</time>"
        )
    assert display.when(None, empty="never") == "never"


@pytest.mark.parametrize(
    ("name", "initials"), [("Ada Wong", "AW"), ("ada@example.com", "A"), ("Ada van der Berg", "AB"), ("🎉", "?")]
)
def test_avatar_shows_initials(name: str, initials: str) -> None:
    assert f">{initials}<" in str(display.avatar(name))


def test_part_of_a_bar_that_is_not_nothing_can_be_seen() -> None:
    parts = [("sent", 100_000), ("failed", 1), ("held", 0)]
    drawn = Template('{% stack_bar parts "words" %}').render(Context({"parts": parts}))
    assert drawn.count("<rect") == 2
    assert 'data-state="failed" x="994.0" width="6.0"' in drawn


def test_redirect_is_one_header_of_plain_letters_whatever_the_address_holds() -> None:
    assert htmx.redirect(requests.get("/"), "/dashboard/?q=Zoë\nX: y")["Location"] == "/dashboard/?q=Zo%C3%AB%0AX:%20y"


@pytest.mark.django_db
@pytest.mark.usefixtures("tables", "data_dir")
def test_a_refusal_of_a_part_of_a_page_is_not_swapped_into_it(as_viewer: Client) -> None:
    asked = "/dashboard/analytics/?period=never"
    part = {"HX-Request": "true", "HX-Target": "analytics-page"}
    # The pages' HTMX swaps a 422 in.
    assert as_viewer.get(asked, headers=part).status_code == 400
    assert as_viewer.get(asked).status_code == 422


@pytest.mark.parametrize("name", ["Etc/GMT-3", "America/New_York", "UTC"])
def test_the_viewer_s_zone_is_called_by_its_key(name: str) -> None:
    with timezone.override(zone.named(name)):
        assert zone.current_key() == name
    with timezone.override(zone.named("")):
        assert zone.current_key() == "UTC"


@pytest.mark.parametrize(
    ("typed", "meant"), [("/dashboard", "/dashboard/"), ("/accounts/sign-in", "/accounts/sign-in/")]
)
def test_addresses_that_people_type_need_no_slash_at_the_end(client: Client, typed: str, meant: str) -> None:
    answer = client.get(typed, {"next": "/dashboard/people/"})
    assert answer.status_code == 302
    assert answer["Location"] == f"{meant}?next=%2Fdashboard%2Fpeople%2F"
