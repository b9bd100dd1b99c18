"""The web page in a real browser: formulas, fonts, marked paths, small screens, paper, the dark, no barriers.

Runs wherever Chromium is installed; axe-core comes with the package ``axe-core-python``.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from symrnn.document import render
from symrnn.report import certify_job, read_job
from tests import ROOT
from tests.document.browser.chromium import Page, chromium, program
from tests.document.sample_document import document
from tests.document.test_html import HOSTILE_HTML
from tests.document.test_render import wrap

REPORT = ROOT / "reports" / "deep" / "job.toml"
AXE = importlib.util.find_spec("axe_core_python")

pytestmark = pytest.mark.skipif(program() is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The report of the lecture example and the sample of every block, as files."""
    folder = tmp_path_factory.mktemp("pages")
    made = {"deep": certify_job(read_job(REPORT))[0], "sample": document()}
    for name, one in made.items():
        (folder / f"{name}.html").write_text(render(one, "html"), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in made}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def page(browser: Page) -> Iterator[Page]:
    """The browser at 1200 pixels, in the light; no page may leave an error behind."""
    browser.resize(1200)
    browser.prefer()
    browser.errors.clear()
    yield browser
    assert browser.errors == []


both = pytest.mark.parametrize("name", ["deep", "sample"])


@both
def test_every_formula_is_rendered_and_keeps_its_place(name, page, pages):
    page.open(pages[name])
    sizes = page.run(
        "[...document.querySelectorAll('main math')].filter(m => m.checkVisibility())"
        ".map(m => m.getBoundingClientRect()).map(r => [r.width, r.height])"
    )
    assert len(sizes) > 100
    assert all(width > 3 and height > 3 for width, height in sizes)
    assert page.run("document.querySelectorAll('mfrac').length") > 20
    taller = page.run(
        "[...document.querySelectorAll('mfrac')].every(f => !f.checkVisibility() ||"
        " f.children[0].getBoundingClientRect().bottom <= f.children[1].getBoundingClientRect().top + 1)"
    )
    assert taller, "a fraction is not set as one"


@both
def test_the_fonts_of_the_page_are_those_it_carries(name, page, pages):
    page.open(pages[name])
    for font in ("17px 'STIX Two Math'", "17px 'STIX Two Text'"):
        assert page.run(f"document.fonts.check({json.dumps(font)}, 'W')")
    for style in ("italic", "bold"):
        assert (
            page.run(f"document.fonts.load(`{style} 17px 'STIX Two Text'`).then(faces => faces.length)") == 1
        )
    page.run(
        "const seen = new Set();"
        "for (const token of document.querySelectorAll('mi, mn, mo, mtext'))"
        " if (!seen.has(token.textContent)) token.dataset.seen = seen.add(token.textContent).size"
    )
    assert page.run("document.querySelectorAll('[data-seen]').length") > 40
    assert page.fonts("[data-seen]") == {"STIX Two Math": True}
    assert page.fonts("main > p, h1, h2, figcaption, .rule, em")["STIX Two Text"]


def test_brackets_and_sums_grow(page, pages):
    page.open(pages["sample"])
    tallest = (
        "Math.max(...[...document.querySelectorAll('main mo')].filter(mo => mo.textContent === '{}')"
        ".map(mo => mo.getBoundingClientRect().height))"
    )
    letter = page.run("document.querySelector('main mi').getBoundingClientRect().height")
    assert page.run(tallest.format("[")) > 5 * letter
    assert page.run(tallest.format("∑")) > 1.5 * letter


@both
def test_relation_signs_stand_in_one_column(name, page, pages):
    page.open(pages[name])
    columns = page.run(
        "[...document.querySelectorAll('ol.steps')].map(steps => [...steps.querySelectorAll('mtable.line')]"
        ".map(line => line.querySelector('mtd:nth-child(2)').getBoundingClientRect().left))"
    )
    assert max(map(len, columns)) >= 6
    assert all(max(lefts) - min(lefts) < 0.6 for lefts in columns)


LIT = (
    "[...document.querySelectorAll('.stage [data-path], .stage [data-use]')].map(piece =>"
    " [piece.dataset.path || '', piece.dataset.use || '', piece.classList.contains('path'),"
    " piece.classList.contains('use')])"
)


def lit(page: Page) -> int:
    """Return which term is marked on the stage; every piece of its path is, and no other."""
    pieces = page.run(LIT)
    [term] = {use for _, use, _, dashed in pieces if dashed}
    for path, use, thick, dashed in pieces:
        assert thick == (term in path.split()) and dashed == (term in use.split())
    return int(term)


def centre(page: Page, term: int) -> list[float]:
    return page.run(
        f"(() => {{ const term = document.querySelector('[data-term=\"{term}\"]');"
        " term.scrollIntoView({block: 'center'}); const r = term.getBoundingClientRect();"
        " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
    )


def test_a_term_marks_its_path_on_focus_tap_and_hover(page, pages):
    page.open(pages["deep"])
    assert page.run("document.querySelector('.stage').checkVisibility()")
    assert lit(page) == 1
    page.run("document.querySelector('[data-term=\"1\"]').focus()")
    for expected in (2, 3, 4):
        page.press("Tab", 9)
        assert page.run("document.activeElement.dataset.term") == str(expected)
        assert lit(page) == expected
    assert page.run("document.querySelector('[data-term=\"4\"]').getAttribute('aria-pressed')") == "true"
    page.point(*centre(page, 2))
    assert lit(page) == 2
    page.point(5, 5)
    assert lit(page) == 4, "the chosen term comes back"
    page.tap(*centre(page, 3))
    assert lit(page) == 3
    page.point(*centre(page, 1))
    page.point(5, 5)
    assert lit(page) == 3


def test_a_marked_path_looks_different(page, pages):
    page.open(pages["deep"])
    look = (
        "(() => {{ const css = getComputedStyle(document.querySelector('.stage .edge.{0} line'));"
        " return [css.stroke, css.strokeWidth, css.strokeDasharray]; }})()"
    )
    thick, dashed, plain = (
        page.run(look.format(style)) for style in ("path", "use", "plain:not(.path, .use)")
    )
    assert len({thick[0], dashed[0], plain[0]}) == 3, "colours"
    assert float(thick[1][:-2]) > 2 * float(plain[1][:-2]) and dashed[2] != "none" == thick[2], "and lines"


@both
def test_on_a_small_screen_formulas_scroll_and_the_page_does_not(name, page, pages):
    page.resize(360, 700)
    page.open(pages[name])
    assert page.run("document.documentElement.scrollWidth") == 360
    out = page.run(
        "[...document.querySelectorAll('body *')].filter(e => e.checkVisibility())"
        ".filter(e => !e.closest('.scroll *, svg *'))"
        ".filter(e => e.getBoundingClientRect().right > 360).map(e => e.outerHTML.slice(0, 80))"
    )
    assert out == []
    boxes = page.run(
        "[...document.querySelectorAll('.scroll')].filter(b => b.scrollWidth > b.clientWidth)"
        ".map(b => b.tabIndex)"
    )
    assert len(boxes) > 2 and set(boxes) == {0}
    places = page.run(
        "[...document.querySelectorAll('.steps > li')].map(step => ['.why', '.scroll'].map(part =>"
        " step.querySelector(part).getBoundingClientRect())).map(([why, line]) =>"
        " [why.top - line.bottom, why.left - line.left])"
    )
    assert all(gap >= 0 and aside == 0 for gap, aside in places), "the rule stands below its line"


def test_on_a_wide_screen_the_rule_stands_beside_its_step(page, pages):
    page.open(pages["deep"])
    beside = page.run(
        "[...document.querySelectorAll('.steps > li')].every(step => step.querySelector('.why')"
        ".getBoundingClientRect().left >= step.querySelector('.scroll').getBoundingClientRect().right)"
    )
    assert beside
    scrolling = "[...document.querySelectorAll('.scroll')].filter(b => b.scrollWidth > b.clientWidth).length"
    assert page.run(scrolling) == 0


def test_on_paper_folded_derivations_are_open_and_every_path_has_its_graph(page, pages):
    page.open(pages["deep"])
    page.run("document.querySelector('button').click()")
    count = (
        "[...document.querySelectorAll('{}')].filter(e => e.checkVisibility())"
        ".filter(e => e.getBoundingClientRect().width > 3).length"
    )
    assert page.run(count.format(".steps math")) == 0
    page.prefer("print")
    every = page.run("document.querySelectorAll('.steps math').length")
    assert page.run(count.format(".steps math")) == every > 100
    assert page.run(count.format("figure svg")) == 5
    assert not page.run("document.querySelector('button').checkVisibility()")
    page.prefer("print", "dark")
    assert page.run("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"


def test_without_script_everything_is_there_to_read(page, pages):
    page.open(pages["deep"], scripts=False)
    assert page.run("document.querySelectorAll('.live, [aria-pressed], button').length") == 0
    assert page.run("[...document.querySelectorAll('details')].map(d => d.open)") == [True] * 30
    assert (
        page.run("[...document.querySelectorAll('.term > svg')].map(s => s.checkVisibility())") == [True] * 4
    )
    assert not page.run("document.querySelector('.stage').checkVisibility()")


def test_hostile_text_runs_nothing_and_a_script_that_got_in_would_be_refused(page, tmp_path):
    payloads = "".join(HOSTILE_HTML).replace("alert(1)", "window.hit=1")
    file = tmp_path / "hostile.html"
    file.write_text(render(wrap(payloads), "html"), encoding="utf-8")
    page.open(file)
    assert page.run("typeof window.hit") == "undefined" and page.errors == []
    assert page.run("document.querySelector('h1').textContent").startswith("<script>window.hit=1</script>")
    injected = render(wrap("x"), "html").replace("<main>", "<main><script>window.hit=1</script>")
    file.write_text(injected, encoding="utf-8")
    page.open(file)
    assert page.run("typeof window.hit") == "undefined"
    assert len(page.errors) == 1 and "Content Security Policy" in page.errors.pop()


CONTRASTS = """
(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
  const background = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
  };
  const worst = {};
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest("svg, script, style")) continue;
    const pair = [numbers(getComputedStyle(element).color), background(element)];
    const [light, dark] = pair.map(luminance).sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const key = JSON.stringify(pair);
    worst[key] = Math.min(worst[key] ?? 99, ratio);
  }
  return worst;
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_background(scheme, page, pages):
    page.prefer("screen", scheme)
    page.open(pages["sample"])
    contrasts = page.run(CONTRASTS)
    assert len(contrasts) >= 6  # ink, quiet and the two roles, on the page and on panels
    assert min(contrasts.values()) > 4.5, contrasts
    dark = page.run("getComputedStyle(document.documentElement).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")


@pytest.mark.skipif(AXE is None, reason="axe-core-python is not installed")
@pytest.mark.parametrize(("name", "width", "scheme"), [("deep", 1200, "light"), ("sample", 360, "dark")])
def test_axe_finds_no_serious_barrier(name, width, scheme, page, pages):
    assert AXE is not None and AXE.origin is not None
    page.resize(width)
    page.prefer("screen", scheme)
    page.open(pages[name])
    found = axe(page)
    assert [v for v in found["violations"] if v["impact"] in ("serious", "critical")] == []
    assert found["passes"] > 20
    page.run(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<img alt><svg role=img></svg>')"
    )
    assert [v["id"] for v in axe(page)["violations"] if v["impact"] == "serious"] == ["svg-img-alt"], (
        "axe sees"
    )


def axe(page: Page) -> dict[str, Any]:
    assert AXE is not None and AXE.origin is not None
    page.run((Path(AXE.origin).parent / "axe.min.js").read_text(encoding="utf-8"))
    # contrast has a test of its own: axe leaves single letters undecided and takes most of its time for them
    return page.run(
        "axe.run({rules: {'color-contrast': {enabled: false}}, resultTypes: ['violations']}).then(found => ({"
        " violations: found.violations.map(v => ({id: v.id, impact: v.impact, at: v.nodes[0].html})),"
        " passes: found.passes.length}))"
    )


def css(rules: str) -> tuple[str, str]:
    return "</style>", rules + "</style>"


BROKEN = {
    "no formulas": (test_every_formula_is_rendered_and_keeps_its_place, css("main math { display: none }")),
    "no fractions": (test_every_formula_is_rendered_and_keeps_its_place, ("mfrac>", "mrow>")),
    "no font": (test_the_fonts_of_the_page_are_those_it_carries, ("data:font/woff2;base64,", "data:font/x,")),
    "another font": (test_the_fonts_of_the_page_are_those_it_carries, css("mi { font-family: serif }")),
    "small brackets": (test_brackets_and_sums_grow, css("math { font-family: serif }")),
    "a shifted line": (
        test_relation_signs_stand_in_one_column,
        css(".steps > li:nth-child(2) math { margin-left: 2px }"),
    ),
    "a wrong path": (test_a_term_marks_its_path_on_focus_tap_and_hover, ('data-use="2"', 'data-use="3"')),
    "no script": (test_a_term_marks_its_path_on_focus_tap_and_hover, ("</script>", " </script>")),
    "one colour": (test_a_marked_path_looks_different, css(".edge line { stroke: #000 !important }")),
    "a wide paragraph": (
        test_on_a_small_screen_formulas_scroll_and_the_page_does_not,
        css("main > p { min-width: 400px }"),
    ),
    "no scrolling": (
        test_on_a_small_screen_formulas_scroll_and_the_page_does_not,
        css(".scroll { overflow: visible !important }"),
    ),
    "rules below": (
        test_on_a_wide_screen_the_rule_stands_beside_its_step,
        css(".steps > li { display: block !important }"),
    ),
    "folded on paper": (
        test_on_paper_folded_derivations_are_open_and_every_path_has_its_graph,
        css("@media print { .steps { display: none } }"),
    ),
    "one graph on paper": (
        test_on_paper_folded_derivations_are_open_and_every_path_has_its_graph,
        css("@media print { .term > svg { display: none !important } }"),
    ),
    "folded without script": (test_without_script_everything_is_there_to_read, (" open>", ">")),
    "pale text": (test_every_text_stands_out_from_its_background, css("p { color: #888 !important }")),
    "no description": (test_axe_finds_no_serious_barrier, ('<html lang="en">', "<html>")),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_page_is_noticed(case, page, pages, tmp_path):
    check, (old, new) = BROKEN[case]
    broken = {}
    for name, file in pages.items():
        source = file.read_text(encoding="utf-8")
        assert old in source or name != "deep"
        broken[name] = tmp_path / file.name
        broken[name].write_text(source.replace(old, new), encoding="utf-8")
    wanted = inspect.signature(check).parameters
    given = {"name": "deep", "width": 1200, "scheme": "light", "page": page, "pages": broken}
    if check is test_every_text_stands_out_from_its_background:
        page.prefer()
    with pytest.raises((AssertionError, ValueError)):
        check(**{key: value for key, value in given.items() if key in wanted})
    page.errors.clear()  # a script that was changed is refused
