"""A starting file for a cell of one's own: whole, certified as it stands, never in place of another file."""

import os

import pytest

from symrnn.cli import main
from symrnn.model import Cell
from symrnn.tensor import ACTIVATIONS

BAD = [
    "",
    "a/b",
    "../a",
    "/tmp/a",
    "a.toml",
    "1a",
    "-a",
    "a b",
    "a\nb",
    "ä",
    "x" * 41,
    "$(id)",
    "lstm",
    "elman",
]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_file_is_written_and_verifies_as_it_stands(here, capsys):
    assert main(["new-cell", "my-cell"]) == 0
    assert "wrote my-cell.toml; next: symrnn verify my-cell.toml" in capsys.readouterr().out
    assert [file.name for file in here.iterdir()] == ["my-cell.toml"]
    assert main(["verify", "my-cell.toml"]) == 0
    assert "hold: largest deviation" in capsys.readouterr().out


def test_the_file_works_wherever_a_built_in_name_does(here, job_file, capsys):
    assert main(["new-cell", "mine"]) == 0
    assert main(["derive", "mine.toml", "--wrt", "W_u", "--at", "2", "--activation", "relu"]) == 0
    assert "∂L_2/∂W_u" in capsys.readouterr().out
    file = job_file(('"elman"', '"mine.toml"'))
    (here / "mine.toml").rename(file.parent / "mine.toml")
    assert main(["verify", str(file)]) == 0


def test_the_file_says_its_name_and_explains_every_line_of_the_language(here):
    assert main(["new-cell", "mine"]) == 0
    text = (here / "mine.toml").read_text()
    assert "NAME" not in text and 'name = "mine"' in text
    assert {Cell.load(here / "mine.toml", f).activation for f in ACTIVATIONS} == set(ACTIVATIONS)
    for word in (
        "@",
        "entry by entry",
        "sigma",
        "states",
        "[parameters]",
        "[signals]",
        "[equations]",
        "layers",
    ):
        assert word in text
    assert all(line.isprintable() and len(line) <= 110 for line in text.splitlines())


@pytest.mark.parametrize("name", BAD)
def test_a_name_that_is_no_plain_one_is_refused_with_one_message(name, here, capsys):
    assert main(["new-cell", "--", name]) == 2
    said = capsys.readouterr().err
    assert said.startswith("symrnn: new-cell: ") and said.count("\n") == 1 and "accepted" in said
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("kind", ["file", "folder", "broken link"])
def test_what_is_there_already_is_left_alone(kind, here, capsys):
    target = here / "mine.toml"
    {
        "file": lambda: target.write_text("precious"),
        "folder": target.mkdir,
        "broken link": lambda: target.symlink_to(here / "elsewhere"),
    }[kind]()
    assert main(["new-cell", "mine"]) == 2
    assert "mine.toml exists already; accepted: another name" in capsys.readouterr().err
    assert [file.name for file in here.iterdir()] == ["mine.toml"]
    assert kind != "file" or target.read_text() == "precious"


def test_a_folder_that_cannot_be_written_leaves_nothing_behind(here, capsys, monkeypatch):
    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    assert main(["new-cell", "mine"]) == 2
    assert "mine.toml cannot be written (No space left on device)" in capsys.readouterr().err
    assert list(here.iterdir()) == []
