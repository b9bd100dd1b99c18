"""One exercise and one key for each student, with numbers of their own: what they share is made once.

The derivation is derived, certified and laid out once; a variant adds its numbers, certified at its own
point, and its pages. A finished variant is a folder that appears all at once and carries a stamp, so a run
that was stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from symrnn.document import Engine, Shared, check_templates, engine_version, in_parallel, spoken
from symrnn.model import files_read
from symrnn.report.job import Job, read_job
from symrnn.report.kinds.exercise import Sheets
from symrnn.report.kinds.handout import derived
from symrnn.report.ledger import Ledger
from symrnn.report.material import Material
from symrnn.report.output import CERTIFICATE, remove_leftovers, write_folder
from symrnn.report.report import certificate_of, inputs, sources_for, typeset
from symrnn.report.sequence import JobError
from symrnn.report.stamps import (
    STAMP,
    as_json,
    check_ours,
    check_replaceable,
    is_finished,
    mixed,
    stamped,
    write_stamped,
)
from symrnn.report.students import Student, read_students
from symrnn.witness import random_point

KINDS = ("exercise", "hints")


@dataclass(frozen=True)
class Order:
    """What is to be made: a job file, the students, formats, an engine, a folder for all of it.

    ``shared`` is what all variants are made of, ``listed`` the digest of the list of students.
    """

    path: Path
    job: Job
    students: tuple[Student, ...]
    formats: tuple[str, ...]
    engine: Engine
    folder: Path
    templates: Path | None
    shared: Mapping[str, Any]
    listed: str

    def place(self, student: Student) -> Path:
        """Return the folder of a variant."""
        return self.folder / student.id

    def made_of(self, student: Student) -> dict[str, Any]:
        """Return what decides how a variant looks."""
        return {
            **self.shared,
            "job_seed": self.job.seed,
            "seed": student.seed,
            "name": student.name,
        }

    def finished(self, student: Student) -> bool:
        """Whether a variant is there, whole and as it would be made today."""
        return is_finished(self.place(student), self.made_of(student))


def order(
    path: str | Path,
    students: str | Path,
    formats: Sequence[str],
    engine: Engine = "auto",
    folder: Path | None = None,
    seed: int | None = None,
    templates: Path | None = None,
) -> Order:
    """Read a job and a list of students; by default the variants go to a folder beside the job.

    Raises
    ------
    FileError
        If one of them cannot be used.
    TemplateError
        If a template of the folder ``templates`` is wrong.
    """
    if templates is not None:
        check_templates(templates, sources_for(formats))
    job = read_job(path, seed)
    if job.kind not in KINDS:
        raise JobError(f"job file {path}: --variants needs kind {' or '.join(KINDS)}; found {job.kind!r}")
    if not job.draws:
        raise JobError(
            f"job file {path}: parameters come from a file, so all variants would be the same; accepted with"
            " --variants: a job that draws them"
        )
    with files_read() as read:
        listed = read_students(students, job.seed)
    target = folder or Path(path).parent / "variants"
    shared = {
        **inputs(job, formats, templates),
        "formats": sorted(formats),
        "engine": [engine, engine_version(engine) if "pdf" in formats else ""],
    }
    (found,) = read.values()
    return Order(Path(path), job, listed, tuple(formats), engine, target, templates, shared, found)


@dataclass
class Workshop:
    """What all variants share, and what makes one of them."""

    order: Order
    sheets: Sheets
    shared: dict[str, Shared] = field(default_factory=lambda: {"exercise": Shared(), "solution": Shared()})

    def make(self, student: Student) -> dict[str, bytes]:
        """Return the files of a variant.

        Raises
        ------
        CertificateError
            If its numbers do not hold.
        EngineError
            If a PDF cannot be made.
        """
        try:
            return self._files(student)
        except ValueError as error:
            error.args = (f"variant {student.id}: {error}",)
            raise

    def _files(self, student: Student) -> dict[str, bytes]:
        order = self.order
        job = read_job(order.path, student.seed)
        job = replace(job, exercise=replace(job.exercise, student=student.name))
        ledger = Ledger((job.point,))
        with spoken(job.language):
            document = self.sheets.exercise(job, ledger)
        files: dict[str, bytes] = {}
        for stem, one in (("exercise", document), ("solution", document.key)):
            assert one is not None, "an exercise brings its key"
            files |= typeset(one, stem, order.formats, order.engine, order.templates, self.shared[stem])[0]
        files[CERTIFICATE] = as_json(certificate_of(job, ledger, files))
        return stamped(files, order.made_of(student))


def make_variants(
    order: Order, tell: Callable[[str], None], advance: Callable[[], None]
) -> tuple[int, int, dict[str, Any]]:
    """Make every variant that is not there yet.

    Parameters
    ----------
    order : Order
    tell, advance : callable
        Called with a few words before a piece of work, and after each variant.

    Returns
    -------
    int, int, dict
        How many were made, how many were there, and the certificate of what they share.

    Raises
    ------
    CertificateError
        If a line of the derivation, or a number of a variant, does not hold.
    FolderError
        If something that we did not make is where a variant is to be, before any work.
    """
    remove_leftovers(order.folder)
    pending = [student for student in order.students if not order.finished(student)]
    for _ in range(len(order.students) - len(pending)):
        advance()
    if not pending and not mixed(order.folder):
        return 0, len(order.students), {}
    check_ours(order.folder, (CERTIFICATE, STAMP))
    for student in pending:
        check_replaceable(order.place(student))
    job = order.job
    ledger = Ledger((job.point, random_point(job.network, job.seed)), tell)
    workshop = Workshop(order, Sheets(derived(Material(job, ledger))))
    certificate = certificate_of(job, ledger)
    if pending:
        workshop.make(pending[0])  # once for what all others take over, then again like the others
    shared = {**order.shared, "students": order.listed}
    write_stamped({CERTIFICATE: as_json(certificate)}, shared, order.folder)
    for student, files in zip(pending, _made(workshop, pending)):
        tell(student.id)
        check_replaceable(order.place(student))  # again: making them took a while
        write_folder(files, order.place(student))
        advance()
    return len(pending), len(order.students) - len(pending), certificate


def _made(workshop: Workshop, students: Sequence[Student]) -> Iterator[dict[str, bytes]]:
    """Return the files of variants in order, made on every core.

    Templates of strangers run in processes of their own, which a worker cannot start.
    """
    tasks = [partial(workshop.make, student) for student in students]
    return in_parallel(tasks) if workshop.order.templates is None else (task() for task in tasks)
