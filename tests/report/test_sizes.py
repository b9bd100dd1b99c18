"""The sizes of a job: an axis of its own for a projection, words and tags that are not the same."""

from pathlib import Path

import pytest

from symrnn.document import render
from symrnn.report import certify_job, read_job

PROJECTED = """\
name = "Projected"
source = "made for this test: the logits read a projection of the state"
states = ["s"]
[parameters]
U = ["d", "n"]
W = ["d", "d"]
P = ["e", "d"]
V = ["m", "e"]
[equations]
a = "U @ x[t] + W @ s[t-1]"
s = "tanh(a[t])"
u = "P @ s[t]"
z = "V @ u[t]"
"""
TAGGER = """\
title = "Five words, four tags"
kind = "{kind}"
cell = "projected.toml"
language = "{language}"
[sizes]
d = 3
e = 2
[sequence]
{words}
inputs = ["the", "old", "man", "sails"]
targets = ["D", "A", "N", "V"]
[derive]
wrt = ["W"]
"""
OWN = """\
inputs_vocabulary = ["the", "old", "man", "sails", "well"]
targets_vocabulary = ["D", "A", "N", "V"]"""


def job(tmp_path: Path, kind: str = "derivation", language: str = "en", words: str = OWN) -> Path:
    (tmp_path / "projected.toml").write_text(PROJECTED)
    file = tmp_path / "job.toml"
    file.write_text(TAGGER.format(kind=kind, language=language, words=words))
    return file


def test_inputs_and_targets_have_vocabularies_of_their_own(tmp_path):
    found = read_job(job(tmp_path))
    assert found.sizes == {"n": 5, "m": 4, "d": 3, "e": 2}
    assert [int(x.argmax()) for x in found.inputs] == [0, 1, 2, 3]
    assert [int(y.argmax()) for y in found.targets] == [0, 1, 2, 3]
    assert (len(found.inputs[0]), len(found.targets[0])) == (5, 4)
    assert found.values["P"].shape == (2, 3) and found.values["V"].shape == (4, 2)


@pytest.mark.parametrize("kind", ["derivation", "handout", "exercise", "solution", "hints", "slides"])
def test_a_report_of_words_and_tags_says_which_is_which(kind, tmp_path):
    document, ledger = certify_job(read_job(job(tmp_path, kind)))
    assert ledger.certificates and all(c.holds for c in ledger.certificates)
    said = render(document, "html")
    assert "predicts the next one" not in said
    if kind != "slides":
        assert "reads one of 5 symbols, updates its state and predicts one of 4 classes" in said
    if kind not in ("derivation", "slides"):
        assert all(f">{word}</code>" in said for word in ("well", "sails", "V"))


def test_a_german_report_says_it_too(tmp_path):
    document, _ = certify_job(read_job(job(tmp_path, "handout", "de")))
    assert "eines von 5 Symbolen, ändert seinen Zustand und sagt eine von 4 Klassen vorher" in render(
        document, "html"
    )


def test_one_vocabulary_predicts_the_next_word_only_if_the_targets_do(job_file):
    words = ("targets = [[0.1, 0.2, 0.3, 0.4], [0.0, 1.0, 0.0, 0.0]]", 'targets = ["b", "{}"]')
    for last, first, said in (("a", "b", "predicts the next one"), ("a", "a", "one of 3 classes")):
        file = job_file(
            (words[0], words[1].format(last)),
            (
                "inputs = [[0.4, -1.0], [1.5, 0.2]]",
                f'vocabulary = ["a", "b", "c"]\ninputs = ["a", "{first}"]',
            ),
        )
        document, _ = certify_job(read_job(file))
        assert said in render(document, "html")


def test_the_usual_sizes_need_no_table(job_file):
    assert read_job(job_file(("state = 3\n", ""))).sizes["d"] == 3
    as_given = job_file(("state = 3\n", ""), ('wrt = ["b"]', 'wrt = ["b"]\n[sizes]\nn = 2'))
    assert read_job(as_given).sizes["n"] == 2


def test_an_axis_goes_by_the_name_of_the_notation_too(tmp_path):
    text = 'title = "x"\ncell = "projected.toml"\nnotation = "ours.toml"\n[sizes]\n{}\n[sequence]\n'
    (tmp_path / "projected.toml").write_text(PROJECTED)
    (tmp_path / "ours.toml").write_text(
        'title = "ours"\nsource = "notes"\naxes = { e = "l" }\n[cells.projected]\nP = "Q"\n'
    )
    for name in ("e", "l"):
        file = tmp_path / "job.toml"
        file.write_text(text.format(f"{name} = 4") + "inputs = [[1.0, 2.0]]\ntargets = [[0.5, 0.5]]\n")
        assert read_job(file).sizes == {"n": 2, "m": 2, "d": 3, "l": 4}
