"""Markdown becomes HTML that can do nothing, and a text that says the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.deliveries import markdown, plain


def html(text: str) -> str:
    return markdown.html(markdown.parsed(text)).strip()


def text(written: str) -> str:
    return plain.text(markdown.parsed(written))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("One\ntwo\n\n \nThree", "<p>One<br>\ntwo</p>\n<p>Three</p>"),
        ("**bold** and *slanted*", "<p><strong>bold</strong> and <em>slanted</em></p>"),
        ("## Head", "<h2>Head</h2>"),
        ("<b>soon</b> & more", "<p>&lt;b&gt;soon&lt;/b&gt; &amp; more</p>"),
        ("See https://a.example/x.", '<p>See <a href="https://a.example/x">https://a.example/x</a>.</p>'),
        ("example.com and a@b.example", "<p>example.com and a@b.example</p>"),
        ("[w](https://a.example/Foo_(bar)#x)", '<p><a href="https://a.example/Foo_(bar)#x">w</a></p>'),
        ("[m](mailto:a@b.example)", '<p><a href="mailto:a@b.example">m</a></p>'),
    ],
)
def test_markdown_is_shown_as_meant(written: str, shown: str) -> None:
    assert html(written) == shown


@pytest.mark.parametrize(
    "written",
    [
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](java\tscript:alert(1))",
        "<javascript:alert(1)>",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](data:image/png;base64,AAAA)",
        "[x](vbscript:x)",
        "[x](file:///etc/passwd)",
        "[x](//a.example/x)",
        "[x](/dashboard/)",
        "[x]: javascript:alert(1)\n\n[x]",
    ],
)
def test_address_that_no_mail_may_hold_makes_no_link(written: str) -> None:
    shown = html(written)
    assert "href" not in shown
    assert "src" not in shown
    assert not any(map(markdown.is_whole, markdown.addresses(markdown.parsed(written)))), (
        "so that no mail is made of it"
    )


@pytest.mark.parametrize(
    "given",
    [
        "<script>alert(1)</script>",
        '<img src="https://a.example/x.png" onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        '<a href="data:text/html,x">x</a>',
        '<a href="https://a.example" onclick="x()" style="position:fixed" class="k" id="i">x</a>',
        '<svg onload="x()"><p>x</p></svg>',
        "<style>body{display:none}</style>",
        '<iframe src="https://a.example"></iframe><form action="https://a.example"><input name="a"></form>',
        '<meta http-equiv="refresh" content="0"><base href="https://a.example">',
        "<!-- <script>x</script> -->",
        '<img src="https://a.example/x.png" srcset="https://b.example 2x">',
        '<math><mtext><style><img src=x onerror="alert(1)"></style></mtext></math>',
    ],
)
def test_sanitiser_keeps_nothing_that_acts_or_hides(given: str) -> None:
    kept = markdown.clean(given).lower()
    for bad in (
        "<script",
        "onerror",
        "onclick",
        "onload",
        "javascript:",
        "data:",
        "style",
        "class",
        "<iframe",
        "<form",
        "<meta",
        "<base",
        "<svg",
        "<!--",
        "srcset",
        "id=",
    ):
        assert bad not in kept


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n<>[]()!*_`#-&;:"), max_size=300))
def test_nothing_written_becomes_a_tag_of_its_own(written: str) -> None:
    shown = html(written).lower()
    assert "<script" not in shown
    assert " on" not in "".join(part.partition(">")[0] for part in shown.split("<")[1:])


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("# Summit\n\nHello **you**", "Summit\n======\n\nHello you"),
        ("## When\nNow", "When\n----\n\nNow"),
        ("[Book](https://a.example/b_(c)#d) now", "Book (https://a.example/b_(c)#d) now"),
        ("https://a.example/x", "https://a.example/x"),
        ("[write](mailto:a@b.example)", "write (a@b.example)"),
        ("- one\n- two\n  - inner\n- three", "- one\n- two\n  - inner\n- three"),
        ("3. three\n4. four", "3. three\n4. four"),
        ("- one\n\n  more\n- two", "- one\n\n  more\n\n- two"),
        ("> said\n> twice", "> said\n> twice"),
        ("a\\\nb  \nc", "a\nb\nc"),
        ("```\ncode <b>\n  in\n```", "    code <b>\n      in"),
        ("| a | b |\n|---|---|\n| 1 | **2** |", "a | b\n1 | 2"),
        ("a\n\n---\n\nb", "a\n\n--------------------\n\nb"),
        ("![A map](https://a.example/map.png)", "A map"),
        ("`x` &amp; <y>", "x & <y>"),
    ],
)
def test_text_part_reads_well_on_its_own(written: str, said: str) -> None:
    assert text(written) == said
