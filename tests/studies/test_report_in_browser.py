"""What a person can do with the report, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from metier.studies import write_report
from tests.studies.invented_results import TITLES, VARIANTS, invented_results

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CONFUSIONS = 20
PAGES = ("department", "seniority", "data", "again")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("run")
    (folder / "results.json").write_text(invented_results().model_dump_json(), encoding="utf-8")
    return Path(write_report(folder)).as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as engine:
        started = engine.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def opened(browser, report) -> Iterator[Any]:
    """Open the report; complaints and requests for anything else fail the test."""
    contexts, wrong = [], []

    def open_page(part: str = "seniority", *, width: int = 1280, script: bool = True) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, java_script_enabled=script
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith(report) else wrong.append(asked.url),
        )
        page.goto(f"{report}#{part}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def column_of(page: Any, place: int) -> list[float | None]:
    texts = page.locator("#seniority-table tbody tr").evaluate_all(
        "(rows, place) => rows.map((row) => row.cells[place]?.dataset.v ?? null)", place
    )
    return [None if text is None else float(text) for text in texts]


def heading(page: Any, group: int) -> Any:
    """The button above the macro F1 of all jobs, or another column by its place."""
    return page.locator("#seniority-table thead tr:nth-child(2) th").nth(group)


def test_a_click_on_a_heading_sorts_and_another_turns_the_order(opened) -> None:
    page = opened()
    place = 7
    button = heading(page, place).locator("button")
    button.click()
    first = column_of(page, place)
    known = [value for value in first if value is not None]
    assert known == sorted(known, reverse=True)
    assert first[-2:] == [None, None]
    assert heading(page, place).get_attribute("aria-sort") == "descending"
    button.focus()
    page.keyboard.press("Enter")
    assert [value for value in column_of(page, place) if value is not None] == known[::-1]
    assert column_of(page, place)[-2:] == [None, None]
    assert heading(page, place).get_attribute("aria-sort") == "ascending"
    assert page.locator('#seniority-table th[aria-sort="ascending"]').count() == 1


def test_names_are_sorted_as_words(opened) -> None:
    page = opened()
    heading(page, 0).locator("button").click()
    names = page.locator("#seniority-table tbody .name").all_text_contents()
    assert names == sorted(VARIANTS)


def test_variants_are_found_by_method_and_by_name(opened) -> None:
    page = opened()
    rows = page.locator("#seniority-table tbody tr:visible")
    filters = page.locator('[data-filters="seniority-table"]')
    filters.locator("select").select_option("bag-of-words")
    assert rows.count() == 2
    assert filters.locator("output").text_content() == "2 of 6"
    filters.locator("input").fill("twice")
    assert rows.count() == 1
    filters.locator("select").select_option("")
    filters.locator("input").fill("")
    assert rows.count() == len(VARIANTS)


def test_a_search_narrows_the_errors_whatever_the_accents(opened) -> None:
    page = opened()
    items = page.locator("#seniority-mistakes li:visible")
    groups = page.locator("#seniority-mistakes section:visible")
    assert items.count() == 3 * groups.count() == 36
    filters = page.locator('[data-filters="seniority-mistakes"]')
    filters.locator("input").fill("PREMIERE faconn")
    assert items.count() == groups.count() == CONFUSIONS
    filters.locator("select").first.select_option("Junior")
    assert groups.count() == 4
    filters.locator("select").last.select_option("Senior")
    assert items.count() == 1
    filters.locator("input").fill("no such title")
    assert items.count() == groups.count() == 0


def test_a_confusion_shows_its_beginning_until_asked_for_the_rest(opened) -> None:
    page = opened()
    group = page.locator("#seniority-mistakes section").first
    button = group.locator("button")
    assert button.get_attribute("aria-expanded") == "false"
    button.click()
    assert group.locator("li:visible").count() == len(TITLES)
    assert button.get_attribute("aria-expanded") == "true"


def test_the_most_frequent_confusions_are_shown_until_asked_for_the_rest(opened) -> None:
    page = opened()
    groups = page.locator("#seniority-mistakes section:visible")
    assert groups.count() == 12
    page.get_by_text("show 8 more confusions").locator("visible=true").click()
    assert groups.count() == CONFUSIONS
    assert groups.last.locator("li:visible").count() == 3


def test_select_boxes_change_what_a_panel_shows(opened) -> None:
    page = opened()
    for panel, shows in (
        ("seniority-matrix-left", "caption"),
        ("seniority-sliced", "caption"),
        ("seniority-confident", "h4"),
    ):
        title = page.locator(f"#{panel} {shows}")
        before = title.text_content()
        assert before != "words"
        page.locator(f'select[data-panel="{panel}"]').select_option(label="words")
        assert title.text_content() == "words"


def test_any_two_variants_are_compared_label_by_label(opened) -> None:
    page = opened()
    values = page.locator('#seniority-compared [data-side="right"] .value')
    select = page.locator('select[data-compare="seniority"][data-side="right"]')
    select.select_option(label="rules")
    row = page.locator("#seniority-by-label tbody tr", has_text="rules")
    assert values.all_text_contents() == row.locator("td").all_text_contents()
    widths = page.locator('#seniority-compared [data-side="right"] .bar').evaluate_all(
        "bars => bars.map((bar) => Number(bar.style.getPropertyValue('--v')))"
    )
    assert widths == pytest.approx([float(text) for text in values.all_text_contents()], abs=0.001)
    page.emulate_media(media="print")
    assert page.locator("#seniority-labels figcaption .right").text_content() == "rules"


def test_one_target_is_shown_at_a_time_and_links_lead_to_the_other(opened) -> None:
    page = opened("department")
    assert page.locator("#seniority").is_hidden()
    page.locator("nav.pages a", has_text="Seniority").click()
    assert page.locator("#department").is_hidden()
    assert page.locator("#seniority-errors").is_visible()
    assert page.locator("nav.pages a[aria-current]").text_content() == "Seniority"
    page.locator("#seniority nav.parts a", has_text="Errors").click()
    assert page.locator("#seniority-errors h3").evaluate(
        "heading => heading.getBoundingClientRect().top < innerHeight"
    )


@pytest.mark.parametrize("part", PAGES)
@pytest.mark.parametrize("script", [True, False])
def test_a_phone_need_not_scroll_sideways(opened, part, script) -> None:
    page = opened(part, width=360, script=script)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_without_a_script_nothing_is_missing_but_the_controls(opened) -> None:
    page = opened(script=False)
    for part in ("department", "seniority-labels", "seniority-errors", "data", "again"):
        assert page.locator(f"#{part}").is_visible()
    assert page.locator("#seniority-mistakes li:visible").count() == CONFUSIONS * len(TITLES)
    assert page.locator("select:visible, input:visible, button:visible").count() == 0
    assert page.locator(".matrix:visible").count() == 4


def test_paper_has_every_section_and_no_controls(opened) -> None:
    page = opened("department")
    page.locator('[data-filters="department-mistakes"] input').fill("no such title")
    page.emulate_media(media="print")
    sections = page.locator("section[id]")
    assert sections.count() >= 20
    assert all(sections.nth(place).is_visible() for place in range(sections.count()))
    controls = "nav:visible, select:visible, input:visible, button:not(.sort):visible"
    assert page.locator(controls).count() == 0
    assert page.locator("#department-mistakes section").first.locator("li:visible").count() == 3
    assert page.locator("#data details table").first.is_visible()
    assert page.pdf()[:5] == b"%PDF-"


def test_a_title_does_not_act(opened) -> None:
    page = opened()
    assert page.title() == "invented · metier"
    assert page.locator("img").count() == 0
