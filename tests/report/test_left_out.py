"""Jobs in which not every loss counts: no target is made up, and nothing is said or printed of one."""

import re
from pathlib import Path

import numpy as np
import pytest

from symrnn.document import Table, render
from symrnn.model import FileError
from symrnn.report import certify_job, read_job
from symrnn.report.sections.numbers import prediction_table

REVIEW = """\
title = "The polarity of a review"
kind = "{kind}"
language = "{language}"
cell = "elman"
activation = "tanh"
loss = "cross_entropy"
seed = 3
[sequence]
inputs_vocabulary = ["the", "movie", "was", "boring", "and", "long"]
targets_vocabulary = ["positive", "negative"]
inputs = ["the", "movie", "was", "boring", "and", "long"]
targets = ["", "", "", "", "", "negative"]
[derive]
wrt = ["W"]
"""
FILM = """\
title = "What a film shows"
cell = "elman"
loss = "{loss}"
[sequence]
inputs = [[0.1, 0.4], [-0.3, 0.2], [1.0, -0.5], [0.2, 0.2]]
targets = {targets}
{more}
"""
WORDS = 'vocabulary = ["the", "movie", "was", "boring", "and", "long"]'
TWO = "[[], [0.3, 0.6, 0.1], [], [0.2, 0.6, 0.2]]"


def review(folder: Path, kind: str = "handout", language: str = "en", *changes: tuple[str, str]) -> Path:
    text = REVIEW.format(kind=kind, language=language)
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    file = folder / "job.toml"
    file.write_text(text, encoding="utf-8")
    return file


def film(folder: Path, loss: str = "cross_entropy", targets: str = TWO, more: str = "") -> Path:
    file = folder / "job.toml"
    file.write_text(FILM.format(loss=loss, targets=targets, more=more))
    return file


def test_a_target_that_is_left_out_has_the_weight_0(tmp_path):
    assert read_job(review(tmp_path)).weights == (0, 0, 0, 0, 0, 1)
    for loss, nothing in (("cross_entropy", [1 / 3] * 3), ("squared_error", [0, 0, 0])):
        job = read_job(film(tmp_path, loss))
        assert job.weights == (0, 1, 0, 1)
        for step, expected in ((1, nothing), (2, [0.3, 0.6, 0.1]), (3, nothing), (4, [0.2, 0.6, 0.2])):
            np.testing.assert_allclose(job.targets[step - 1], expected)
    assert read_job(film(tmp_path, more="mask = [0, 0.5, 0, 2]")).weights == (0, 0.5, 0, 2)


REFUSED = {
    "a loss that counts": (
        TWO,
        "mask = [0, 0.5, 2, 1]",
        "targets, step 3: the target is left out, but mask gives the loss of this step the weight 2;"
        " accepted: a target, or the weight 0",
    ),
    "every target": ("[[], [], [], []]", "", "targets: found none, all are left out; accepted: a target for"),
    "the loss asked for": (
        TWO,
        '[derive]\nof = "L[3]"',
        "of is L[3], but the target of step 3 is left out; accepted: a loss whose target is given, such as"
        " L[4]",
    ),
    "too few": ("[[], [0.3, 0.6, 0.1], []]", "", "4 inputs but 3 targets"),
    "a target of another length": ("[[], [0.3, 0.7], [], [0.2, 0.6, 0.2]]", "", "targets, step 4: 3 entries"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_left_out_is_refused_in_one_sentence(what, tmp_path):
    targets, more, message = REFUSED[what]
    with pytest.raises(FileError, match=re.escape(message)):
        read_job(film(tmp_path, targets=targets, more=more))


def test_an_input_cannot_be_left_out(tmp_path):
    blank = (
        '"movie", "was", "boring", "and", "long"]\ntargets =',
        '"", "was", "boring", "and", "long"]\ntargets =',
    )
    with pytest.raises(FileError, match=r"inputs, step 2: '' is no word"):
        read_job(review(tmp_path, "handout", "en", blank))


def rows(table: Table) -> list[list[str]]:
    return [[" ".join(map(str, cell)) for cell in row] for row in table.rows]


GIVEN = (
    '"", "", "", "", "", "negative"]',
    '"positive", "", "", "", "", "negative"]\nmask = [0, 0, 0, 0, 0, 1]',
)


@pytest.mark.parametrize("changes", [(), (GIVEN,)], ids=["left out", "given for nothing"])
def test_a_step_that_does_not_count_has_no_truth_no_bold_and_no_loss(changes, tmp_path):
    table = prediction_table(read_job(review(tmp_path, "handout", "en", *changes)))
    *ignored, counted, total = rows(table)
    assert len(ignored) == 5
    for row in ignored:
        assert row[3:] == ["", ""] and all(row[:3]) and "strong" not in "".join(row)
    assert "negative" in counted[3] and counted[4] == total[4] and "strong" in counted[2]
    assert "A step without truth and loss does not count." in "".join(map(str, table.note))


def test_outputs_with_targets_in_numbers_show_none_of_a_step_that_does_not_count(tmp_path):
    found = rows(prediction_table(read_job(film(tmp_path, "squared_error"))))
    assert [all(row) for row in found[:4]] == [False, True, False, True]
    assert found[0][4:] == found[2][4:] == [""] * 4


def test_a_loss_that_is_asked_for_is_shown_though_it_does_not_count(tmp_path):
    more = 'mask = [0, 1, 0, 1]\n[derive]\nof = "L[3]"'
    job = read_job(
        film(tmp_path, targets="[[], [0.3, 0.6, 0.1], [0.1, 0.1, 0.8], [0.2, 0.6, 0.2]]", more=more)
    )
    assert [all(row) for row in rows(prediction_table(job))[:4]] == [False, True, True, True]


SAID = {
    "en": (r"Only .* counts: what the network predicts at the other steps is ignored", "next one"),
    "de": (
        r"Nur .* zählt: Was das Netz in den anderen Schritten vorhersagt, bleibt unbeachtet",
        "das nächste",
    ),
}


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("kind", ["handout", "exercise", "slides"])
def test_a_sheet_says_which_loss_counts(kind, language, tmp_path):
    document, ledger = certify_job(read_job(review(tmp_path, kind, language)))
    assert ledger.certificates and all(c.holds for c in ledger.certificates)
    said, never = SAID[language]
    page = render(document, "html")
    assert re.search(said, page) and never not in page


def test_the_next_symbol_is_predicted_only_where_a_loss_that_counts_says_so(tmp_path):
    words = (
        ('inputs_vocabulary = ["the", "movie", "was", "boring", "and", "long"]\n', ""),
        ('targets_vocabulary = ["positive", "negative"]', WORDS),
    )
    for targets, said in (
        ('"", "", "", "", "", "and"]', False),
        ('"", "was", "", "", "", ""]', True),
        ('"movie", "was", "boring", "and", "long", "the"]', True),
        ('"the", "", "", "", "", "and"]', False),
    ):
        file = review(tmp_path, "slides", "en", *words, ('"", "", "", "", "", "negative"]', targets))
        file.write_text(file.read_text().replace("slides", "handout"))
        document, _ = certify_job(read_job(file))
        assert ("predicts the next one" in render(document, "html")) is said


def test_a_report_says_what_the_weights_are(tmp_path):
    document, ledger = certify_job(read_job(film(tmp_path, more="mask = [0, 0.5, 0, 1]")))
    assert all(c.holds for c in ledger.certificates)
    latex = render(document, "tex")
    assert re.search(r"the weights .*omega.* are .*0.*0\.5.*0.*1", latex)
    assert "does not matter" in "".join(map(str, document.program))


STATED = [
    ("en", ""),
    ("de", 'layout = "gradient"\nconvention = "row"'),
    pytest.param("en", 'layout = "gradient"', marks=pytest.mark.deep),
    pytest.param("de", 'convention = "row"', marks=pytest.mark.deep),
]


@pytest.mark.parametrize(("language", "stated"), STATED)
def test_a_report_derives_one_term_for_the_one_loss_that_counts(language, stated, tmp_path):
    head = (f'language = "{language}"', f'language = "{language}"\n{stated}')
    wanted = ('wrt = ["W"]', 'wrt = ["W", "V"]')
    job = read_job(review(tmp_path, "derivation", language, head, wanted))
    document, ledger = certify_job(job)
    assert all(c.holds for c in ledger.certificates)
    checks = {(c.goal, k.witness) for c in ledger.certificates for k in c.checks if k.rule == "weight zero"}
    assert checks == {(f"∂L/∂{name}", witness) for name in "VW" for witness in ("object", "ink")}
    page = render(document, "html")
    for words in {
        "en": ("The losses that count", "Weight zero", "is not 0."),
        "de": ("Die Verluste, die zählen", "Gewicht null", "Von den Gewichten ist nur"),
    }[language]:
        assert words in page
