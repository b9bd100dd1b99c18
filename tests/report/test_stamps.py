"""Killed at any moment: files of two runs are told apart, and the next run leaves nothing of the dead one."""

import contextlib
import itertools
import json
import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from symrnn.cli import main
from symrnn.report import mixed, write_files, write_stamped
from symrnn.report.output import CERTIFICATE, OutputError, _temporary, remove_leftovers, write_folder
from symrnn.report.stamps import STAMP, as_json, digests_of_sources

pytestmark = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="processes cannot be forked here"
)
NAMES = ("report.tex", "report.html", "report.pdf", CERTIFICATE)
TOUCHES = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "shutil.copyfile")


def run(version: int) -> dict[str, bytes]:
    """Return the files of a run, each of which says of which run it is."""
    files = {name: f"{name}, run {version}".encode() for name in NAMES[:-1]}
    return files | {CERTIFICATE: as_json({"run": version, "files": digests_of_sources(files)})}


def write(version: int, folder: Path) -> None:
    write_stamped(run(version), {"read": [["job", str(version)]], "formats": ["html", "pdf", "tex"]}, folder)


def versions(folder: Path) -> set[int | None]:
    """Return of which runs the files of a folder are; None stands for one that is missing."""
    there = {name: (folder / name).read_bytes() if (folder / name).exists() else None for name in NAMES}
    known = {content: version for version in (1, 2, 3) for content in run(version).values()}
    return {None if content is None else known[content] for content in there.values()}


def killed(work: Callable[[], object], when: int | float) -> bool:
    """Do work in a process that is killed, at that touch of a file or after so many seconds, if it was."""
    child = os.fork()
    if child == 0:
        touches = itertools.count(1)

        def touched(event: str, _: object) -> None:
            if event in TOUCHES and next(touches) == when:
                os.kill(os.getpid(), signal.SIGKILL)

        if isinstance(when, int):
            sys.addaudithook(touched)
        try:
            work()
        finally:
            os._exit(0)
    if isinstance(when, float):
        time.sleep(when)
        os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


BEFORE: dict[str, Callable[[Path], object]] = {
    "nothing": lambda folder: None,
    "another run": lambda folder: write(1, folder),
    "a clone": lambda folder: write_files(run(1), folder),
    "a run in one format": lambda folder: write_stamped({"report.html": run(1)["report.html"]}, {}, folder),
}


def check(folder: Path, before: str) -> None:
    """Check a folder after a kill, run once more, and check again."""
    found = versions(folder)
    if 2 in found and len(found) > 1:
        assert mixed(folder), f"files of {found} and nothing tells"
    untouched = found == ({None} if before == "nothing" else {1})
    if untouched and not (folder / STAMP).exists():
        assert mixed(folder) == []
    write(3, folder)
    assert versions(folder) == {3} and mixed(folder) == []
    assert {path.name for path in folder.iterdir()} == {*NAMES, STAMP, "mine.txt", ".symrnn-mine"}


def of_the_user(folder: Path) -> Path:
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    (folder / ".symrnn-mine").mkdir()
    return folder


@pytest.mark.parametrize(
    "before", ["nothing", "another run", *(pytest.param(b, marks=pytest.mark.deep) for b in [*BEFORE][2:])]
)
def test_a_run_that_is_killed_at_any_touch_is_noticed_and_the_next_one_leaves_nothing_of_it(before, tmp_path):
    for number in range(1, 200):
        folder = of_the_user(tmp_path / str(number))
        BEFORE[before](folder)
        if not killed(lambda folder=folder: write(2, folder), number):
            break
        check(folder, before)
    assert 15 < number < 199, "the last run was not killed, all others were"
    assert versions(folder) == {2} and mixed(folder) == []


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(20))
def test_of_four_hundred_kills_at_any_time_none_goes_unnoticed(seed, tmp_path):
    rng = random.Random(seed)

    def alternate(folder: Path) -> None:
        for number in itertools.count():
            write(1 + number % 2, folder)

    for number in range(20):
        folder = of_the_user(tmp_path / str(number))
        write(1, folder)
        assert killed(lambda folder=folder: alternate(folder), rng.uniform(0.0, 0.03))
        check(folder, "another run")


def test_a_folder_that_is_swapped_is_whole_or_gone_whenever_the_run_is_killed(tmp_path):
    old, new = {"a": b"old", "b": b"old"}, {"a": b"new", "c": b"new"}
    for number in range(1, 200):
        folder = of_the_user(tmp_path / str(number))
        write_folder(old, folder / "x")
        dead = killed(lambda folder=folder: write_folder(new, folder / "x"), number)
        found = {path.name: path.read_bytes() for path in (folder / "x").glob("*")}
        assert found in ({}, old, new) and (found == new or dead)
        if not dead:
            break
        remove_leftovers(folder)
        write_folder(new, folder / "x")
        assert sorted(path.name for path in folder.iterdir()) == [".symrnn-mine", "mine.txt", "x"]
    assert 8 < number < 199


LIKE_OURS = (
    ".symrnn-",
    ".symrnn-notes",
    ".symrnn-k1ll_ed0",
    ".symrnn-my_notes",
    ".symrnn-0123456789abcdef-0123456789abcdef",
    ".symrnn-0123456789abcdef",
    "symrnn-0123456789abcdef-0123456789abcdef",
    ".symrnn-../x",
)


def test_no_folder_of_anybody_else_is_taken_for_a_leftover(tmp_path):
    for name in LIKE_OURS:
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / "thesis.txt").write_text("mine")
    with _temporary(tmp_path) as temporary:
        ours = temporary.name
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "thesis.txt").write_text("mine")
    for make in (
        lambda path: path.symlink_to(tmp_path / "target"),
        lambda path: path.write_text("a file of that name"),
    ):
        make(tmp_path / ours)
        before = sorted(tmp_path.rglob("*"))
        remove_leftovers(tmp_path)
        write_files({"a": b"1"}, tmp_path)
        (tmp_path / "a").unlink()
        assert sorted(tmp_path.rglob("*")) == before
        (tmp_path / ours).unlink()
    (tmp_path / ours).mkdir()  # and such a one is
    remove_leftovers(tmp_path)
    assert not (tmp_path / ours).exists()


@contextlib.contextmanager
def stopped_in_the_middle(folder: Path):
    """Let another run stop while its files take their places."""
    child = os.fork()
    if child == 0:
        replace = os.replace

        def stop(*names):
            replace(*names)
            time.sleep(600)

        os.replace = stop
        try:
            write(2, folder)
        finally:
            os._exit(0)
    try:
        while not list(folder.glob(".symrnn-*-*")) or (2 not in versions(folder) and not mixed(folder)):
            time.sleep(0.01)
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_what_a_living_run_works_in_is_kept_and_gone_when_it_is_dead(tmp_path, monkeypatch):
    monkeypatch.setattr("symrnn.report.output.PATIENCE", 0.1)
    write(1, tmp_path)
    with stopped_in_the_middle(tmp_path):
        before = sorted(tmp_path.rglob("*"))
        for work in (lambda: write(3, tmp_path), lambda: remove_leftovers(tmp_path)):
            with pytest.raises(OutputError, match=r"another run .* writes there; accepted"):
                work()
        assert sorted(tmp_path.rglob("*")) == before and len(list(tmp_path.glob(".symrnn-*"))) == 1
    write(3, tmp_path)
    assert list(tmp_path.glob(".symrnn-*")) == [] and versions(tmp_path) == {3}


def test_two_runs_at_a_time_do_not_mix_their_files(tmp_path):
    children = []
    for version in (1, 2):
        if (child := os.fork()) == 0:
            try:
                for _ in range(30):
                    write(version, tmp_path)
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    assert versions(tmp_path) in ({1}, {2}) and list(tmp_path.glob(".symrnn-*")) == []


def test_a_file_in_another_format_is_of_the_run_if_it_was_made_of_the_same_things(tmp_path):
    html, tex = {"report.html": b"h"}, {"report.tex": b"t"}
    write_stamped(html, {"read": 1, "formats": ["html"]}, tmp_path)
    write_stamped(tex, {"read": 1, "formats": ["tex"]}, tmp_path)
    assert mixed(tmp_path) == []
    write_stamped(tex, {"read": 2, "formats": ["tex"]}, tmp_path)
    assert mixed(tmp_path) == ["report.html"]
    (tmp_path / "report.html").unlink()
    assert mixed(tmp_path) == []
    (tmp_path / "report.tex").write_bytes(b"by hand")
    assert mixed(tmp_path) == ["report.tex"]


def test_a_report_says_what_was_not_of_its_run_and_what_is_not(job_file, capsys):
    job = job_file()
    command = ["report", str(job), "--format"]
    assert main([*command, "tex,html"]) == 0
    assert "not of" not in capsys.readouterr().out
    (job.parent / "report.tex").write_text("by hand", encoding="utf-8")
    assert main([*command, "tex"]) == 0
    assert "changed since, and made again: report.tex\n" in capsys.readouterr().out
    job.write_text(job.read_text(encoding="utf-8").replace("A small job", "Another"), encoding="utf-8")
    assert main([*command, "tex"]) == 0
    assert "of an earlier run, not made now: report.html\n" in capsys.readouterr().out


def test_a_certificate_and_a_stamp_name_everything_that_was_read_and_made(job_file, capsys):
    job = job_file(('"elman"', '"mine.toml"'), ("seed = 7", 'seed = 7\nnotation = "names.toml"'))
    cells = Path(main.__code__.co_filename).parent / "model" / "cells"
    (job.parent / "mine.toml").write_bytes((cells / "elman.toml").read_bytes())
    (job.parent / "names.toml").write_text('title = "N"\nsource = "tests"\n[cells.mine]\ns = "h"\n')
    assert main(["report", str(job), "--format", "pdf,tex", "--engine", "typst"]) == 0
    certificate = json.loads((job.parent / CERTIFICATE).read_text(encoding="utf-8"))
    stamp = json.loads((job.parent / STAMP).read_text(encoding="utf-8"))
    assert {name for name, _ in certificate["read"]} == {"job", "mine.toml", "names.toml", "losses.toml"}
    assert all(len(digest) == 64 for _, digest in certificate["read"])
    assert set(certificate["files"]) == {"report.tex"}
    assert set(stamp["files"]) == {"report.tex", "report.pdf", CERTIFICATE}
    assert stamp["made_of"]["read"] == certificate["read"] and len(stamp["made_of"]["templates"]) == 64
    assert stamp["made_of"]["engine"].startswith("typst 0.") and "sympy" in stamp["made_of"]["versions"]
    assert "sympy" not in str(certificate["points"]) and "versions" not in certificate
