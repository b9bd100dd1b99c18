"""Engines run confined: each probe tries one thing that a source must not be able to do."""

import contextlib
import os
import shutil
import signal
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import typst

from symrnn.document import make_pdf, processes, render
from symrnn.document.engines import EngineError, confined, run_pdflatex, run_typst, tex
from symrnn.document.engines.place import place
from symrnn.document.fence import there_is_one
from tests.document import sample_document as sample

needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
needs_proc = pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds child processes under /proc")
SECRET = "Zebra-5309-Quagga"


def in_tex(body: str) -> str:
    return rf"\documentclass{{article}}\begin{{document}}{body} after\end{{document}}"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that no source may touch, with a secret."""
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "secret.tex").write_text(SECRET)
    return tmp_path


@pytest.fixture
def log_of(monkeypatch):
    """Return what pdflatex wrote to its log, also where it stops."""
    kept: list[str] = []

    def keep(binary, folder, draft, one_pass=tex._pass):
        status = one_pass(binary, folder, draft)
        log = folder / "document.log"
        kept.append(log.read_text(errors="replace") if log.exists() else "")
        return status

    monkeypatch.setattr(tex, "_pass", keep)

    def run(source: str) -> str:
        try:
            run_pdflatex(source)
        except EngineError as error:
            kept.append(str(error))
        return "\n".join(kept)

    return run


FROM = r"\newread\r\openin\r=%s \ifeof\r\message{got nothing}\else\read\r to\x\message{\x}\fi"
READS = {
    "input": r"\input{OUT/secret.txt}",
    "openin": FROM % "OUT/secret.txt",
    "a folder above": FROM % "../symrnn.tex",
    "filedump": r"\message{got \pdfunescapehex{\pdffiledump length 17{OUT/secret.txt}} nothing}",
    "size": r"\message{got \pdffilesize{OUT/secret.txt} nothing}",
    "digest": r"\message{got \pdfmdfivesum file{OUT/secret.txt} nothing}",
    "stream": r"\immediate\pdfobj stream file{OUT/secret.txt}\message{got nothing}",
    "pipe": FROM % '"|cat OUT/secret.txt"',
}


@needs_tex
@pytest.mark.parametrize("probe", READS)
def test_pdflatex_reads_nothing_outside_its_folder(probe, outside, log_of):
    log = log_of(in_tex(READS[probe].replace("OUT", str(outside))))
    assert SECRET not in log and SECRET.encode().hex().upper() not in log
    assert any(said in log for said in ("got nothing", "got  nothing", "not found", "pdflatex: status 1"))


@needs_tex
def test_without_paranoia_the_probe_would_read_the_secret(outside, log_of, monkeypatch):
    monkeypatch.setitem(tex.CONFINED, "openin_any", "a")
    monkeypatch.setattr("symrnn.document.fence.there_is_one", lambda: False)
    assert SECRET in log_of(in_tex(READS["openin"].replace("OUT", str(outside))))


# what TeX reads without a check of the name: any file as it is, and fonts, which are named in map lines
EMBEDS = {
    "a stream": r"\immediate\pdfobj stream file {OUT/secret.txt}",
    "an object": r"\immediate\pdfobj file {OUT/secret.txt}",
    "an object by another name": (
        r"\expandafter\let\expandafter\x\csname tex_pdfobj:D\endcsname \ifx\x\relax\let\x\pdfobj\fi"
        r"\immediate\x stream file {OUT/secret.txt}"
    ),
    "an object above": r"\immediate\pdfobj stream file {../NAME/secret.txt}",
    "an object by a link": r"\immediate\pdfobj stream file {link.txt}",
    "a font": r"\pdfmapline{=cmr10 CMR10 <OUT/secret.pfb}\font\x=cmr10 \x A",
    "a whole font": r"\pdfmapline{=cmr10 CMR10 <<OUT/secret.ttf}\font\x=cmr10 \x A",
    "an encoding": r"\pdfmapline{=cmr10 CMR10 <[OUT/secret.enc <cmr10.pfb}\font\x=cmr10 \x A",
    "a map": r"\pdfmapfile{=OUT/secret.map}\font\x=cmr10 \x A",
    "metrics": r"\font\x=OUT/secret \x A",
    "a picture": r"\pdfximage{OUT/secret.png}\pdfrefximage\pdflastximage",
    "pages": r"\pdfximage{OUT/secret.pdf}\pdfrefximage\pdflastximage",
}
needs_fence = pytest.mark.skipif(not there_is_one(), reason="this kernel has no fence around programs")


def embedded(probe: str, outside: Path) -> bytes:
    """Return the PDF and the log of a document that tries to embed a file."""
    for end in ("pfb", "ttf", "enc", "map", "tfm", "png"):
        (outside / f"secret.{end}").write_text(SECRET)
    (outside / "secret.pdf").write_bytes(typst.compile(f"#metadata(none) {SECRET}".encode()))
    body = EMBEDS[probe].replace("OUT", str(outside)).replace("NAME", outside.name)
    kept: list[bytes] = []

    def keep(binary, folder, arguments, one_pass=tex._pass):
        (folder / "link.txt").unlink(missing_ok=True)
        (folder / "link.txt").symlink_to(outside / "secret.txt")
        status = one_pass(binary, folder, arguments)
        kept.extend(path.read_bytes() for path in folder.glob("document.*") if path.suffix != ".tex")
        return status

    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(EngineError):
        patch.setattr(tex, "_pass", keep)
        patch.setattr("tempfile.tempdir", str(outside.parent))
        run_pdflatex(rf"\pdfcompresslevel=0 {in_tex(body)}")
    return b"".join(kept)


@needs_tex
@needs_fence
@pytest.mark.parametrize("probe", EMBEDS)
def test_pdflatex_embeds_nothing_from_outside_its_folder_and_its_installation(probe, outside):
    made = embedded(probe, outside)
    assert b"This is pdfTeX" in made and SECRET.encode() not in made


@needs_tex
@pytest.mark.parametrize("probe", ["a stream", "an object by another name", "an object above"])
def test_without_the_fence_the_probe_would_embed_the_secret(probe, outside, monkeypatch):
    monkeypatch.setattr("symrnn.document.fence.there_is_one", lambda: False)
    assert SECRET.encode() in embedded(probe, outside)


@needs_tex
@pytest.mark.parametrize("target", ["OUT/new.txt", "../symrnn-new.txt", ".hidden"])
def test_pdflatex_writes_nothing_outside_its_folder(target, outside):
    before = sorted(outside.iterdir())
    source = rf"\newwrite\w\immediate\openout\w={target.replace('OUT', str(outside))} \immediate\write\w{{x}}"
    with pytest.raises(EngineError, match=r"line 1 .*can't write on file"):
        run_pdflatex(in_tex(source))
    assert sorted(outside.iterdir()) == before


@needs_tex
@pytest.mark.parametrize("command", ["touch OUT/touched", "kpsewhich -expand-var x > OUT/touched"])
def test_pdflatex_runs_no_command(command, outside, log_of):
    log = log_of(in_tex(rf"\immediate\write18{{{command.replace('OUT', str(outside))}}}"))
    assert "runsystem" in log and "disabled" in log
    assert not (outside / "touched").exists()


@needs_tex
def test_a_font_that_is_not_there_is_not_made_of_bitmaps():
    with pytest.raises(tex.MissingPackage, match="not loadable"):
        run_pdflatex(in_tex(r"\font\x=ecrm1234 \x"))


LOOPS = {
    "loop": r"\loop\iftrue\repeat",
    "output": r"\newwrite\w\immediate\openout\w=x.txt \loop\immediate\write\w{xxxxxxx}\iftrue\repeat",
    "pages": r"\loop\hbox{x}\newpage\iftrue\repeat",
}


@needs_tex
@pytest.mark.parametrize("probe", LOOPS)
def test_pdflatex_is_stopped_at_its_limits(probe, monkeypatch):
    monkeypatch.setattr(confined, "LIMITS", replace(confined.LIMITS, seconds=1, file_size=1 << 20))
    began = time.monotonic()
    with pytest.raises(EngineError, match="at its limits"):
        run_pdflatex(in_tex(LOOPS[probe]))
    assert time.monotonic() - began < 20


@needs_tex
def test_pdflatex_asked_for_input_gets_none():
    with pytest.raises(EngineError, match=r"line 1 .*terminal|line 1 .*[Ee]mergency stop"):
        run_pdflatex(in_tex(r"\read-1 to\x \read16 to\y"))


TYPST = {
    "read": ('#read("OUT/secret.txt")', "file not found|cannot access|escape"),
    "read above": ('#read("../secret.txt")', "escape the project root"),
    "include": ('#include "OUT/secret.tex"', "file not found"),
    "evaluated": ('#eval("read(\\"OUT/secret.txt\\")")', "file not found"),
    "picture": ('#image("OUT/secret.png")', "file not found"),
    "plugin": ('#plugin("OUT/secret.wasm")', "file not found"),
    "loop": ("#while true {}", "always true"),
    "recursion": ("#let f(n) = f(n + 1)\n#f(1)", "line 1 .*depth exceeded"),
    "long loop": ("#for i in range(100000) { for j in range(100000) {} }", "at its limits"),
    "memory": ("#let a = range(2000000000)\n#a.len()", "at its limits"),
    "a long text": ('#let s = "x" * 100000000000\n#s.len()', "at its limits"),
}


@pytest.mark.parametrize("probe", TYPST)
def test_typst_reads_only_its_source_and_is_stopped_at_its_limits(probe, outside, monkeypatch):
    source, said = TYPST[probe]
    if "at its limits" in said:
        monkeypatch.setattr(confined, "LIMITS", replace(confined.LIMITS, seconds=2))
    with pytest.raises(EngineError, match=f"engine typst: .*({said})") as error:
        run_typst(source.replace("OUT", str(outside)))
    assert SECRET not in str(error.value)


def test_typst_fetches_no_packages(monkeypatch):
    """A proxy stands for the network: whoever wants a package would have to call here."""
    called: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        proxy = f"http://127.0.0.1:{server.getsockname()[1]}"

        def answer() -> None:
            with server.accept()[0] as caller:
                called.append(caller.recv(100))

        threading.Thread(target=answer, daemon=True).start()
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy)
        with pytest.raises(EngineError, match=r"line 2 .*; no packages are fetched"):
            run_typst('\n#import "@preview/cetz:0.3.0": *')
        assert called == []
        monkeypatch.setattr(processes, "NOWHERE", proxy)  # the probe would have been noticed
        with pytest.raises(EngineError):
            run_typst('#import "@preview/cetz:0.3.0": *')
        assert called and b"packages.typst.org" in called[0]


def children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


@needs_proc
@pytest.mark.parametrize(
    ("engine", "source"),
    [
        pytest.param("pdflatex", in_tex(LOOPS["loop"]), marks=needs_tex),
        ("typst", "#for i in range(100000) { for j in range(100000) {} }"),
    ],
)
def test_an_engine_that_somebody_kills_is_an_error(engine, source, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    if engine == "pdflatex":
        tex._readable(shutil.which("pdflatex"))  # asked once, as is its version
        tex.pdflatex_version()
    before = children(os.getpid())

    def kill() -> None:
        while not (found := [pid for pid in children(os.getpid()) if pid not in before]):
            time.sleep(0.05)
        os.kill(found[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(EngineError, match=f"engine {engine}: stopped, by somebody or at its limits"):
        make_pdf(source, source, engine)
    killer.join()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "where"),
    [(1, "the preamble"), (3, '"Paths"'), (6, 'step 2 of "Paths"'), (8, 'table of "Paths"'), (9, '"Next"')],
)
def test_a_line_belongs_to_the_block_whose_comment_stands_above_it(line, where):
    source = 'x\n%-- "Paths"\n\n%-- steps\n  %-- step 2\nb\n%-- table\nc\n%-- "Next"'
    assert place(source, line) == where
    assert place(source.replace("%--", "//--"), line) == where


@pytest.mark.parametrize(
    ("engine", "old", "new", "message"),
    [
        pytest.param("pdflatex", r"{3}{", r"{3}{\nonsense", "Undefined control sequence", marks=needs_tex),
        ("typst", "rule: [", "rule: [#nonsense ", "unknown variable: nonsense"),
    ],
)
def test_the_first_error_names_its_line_and_the_step_it_is_in(engine, old, new, message):
    source = render(sample.document(), "tex" if engine == "pdflatex" else "typ")
    mark = "%-- step 3" if engine == "pdflatex" else "//-- step 3"
    start = source.index(mark)
    at = source.index(old, start)
    broken = source[:at] + new + source[at + len(old) :]
    with pytest.raises(EngineError, match=rf"line \d+ \(in step 3 of \"[^\"]+\"\): {message}") as error:
        make_pdf(broken, broken, engine)
    line = int(str(error.value).split("line ")[1].split()[0])
    assert abs(line - broken[:at].count("\n") - 1) <= 3
