"""What a format can print: text with characters that its fonts lack is refused before any work starts.

An emitter knows what the fonts of its templates have, and writes the code point where they lack one. That is
no text that a person could hand out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from symrnn.document import Engine, Format, engine_version, lacking
from symrnn.report.job import Job
from symrnn.report.sequence import JobError
from symrnn.report.students import Student

MOST_NAMED = 8


def check_printable(
    job: Job, formats: Sequence[str], engine: Engine, students: Iterable[Student] = ()
) -> None:
    """Check that the fonts of all formats have the characters of all texts.

    Raises
    ------
    JobError
        If not; the message names the text, the characters, and a format that prints them.
    EngineError
        If the engine that is to make a PDF is not there.
    """
    typeset: list[Format] = [name for name in ("tex", "typ") if name in formats]
    if "pdf" in formats:
        typeset.append("tex" if engine_version(engine).startswith("pdfTeX") else "typ")
    texts = {**_texts(job), **{f"the name of student {s.id}": s.name for s in students}}
    for format in dict.fromkeys(typeset):
        for place, text in texts.items():
            if missing := lacking(text, format):
                named = ", ".join(f"{sign} (U+{ord(sign):04X})" for sign in missing[:MOST_NAMED])
                more = ", …" if len(missing) > MOST_NAMED else ""
                other = "" if format == "typ" or lacking(text, "typ") else "--engine typst or "
                raise JobError(
                    f"{place} holds {named}{more}, which the fonts of {format} lack; accepted: text without,"
                    f" or {other}--format html, which prints every character"
                )


def _texts(job: Job) -> Mapping[str, str]:
    """Return what a job prints that a person wrote, by where it stands."""
    notation = " ".join((job.notation.title, job.notation.source, job.notation.remark))
    return {
        "the title of the job": job.title,
        "course of the job": job.course,
        "the vocabulary of the job": " ".join(
            dict.fromkeys((*job.inputs_vocabulary, *job.targets_vocabulary))
        ),
        "the name of the cell": job.cell.name,
        "[meanings] of the cell": " ".join(job.cell.meanings.values()),
        "the notation": notation,
    }
