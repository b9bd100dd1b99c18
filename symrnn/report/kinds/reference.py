"""The full reference of one example: network, paths, factors, sweep, numbers, and what was checked.

It follows CS7015 lecture 14, modules 14.3 and 14.5, and states right what the lecture states wrongly: the
shapes, the dropped input term, the order of the product, the entries of the third-order tensor.
"""

from __future__ import annotations

from symrnn.document import Document, Heading, language, words
from symrnn.notation import Symbol, separated, variable
from symrnn.report.job import Job
from symrnn.report.ledger import Ledger
from symrnn.report.material import Material
from symrnn.report.sections import checks, factors, gates, network, numbers, paths, sweep
from symrnn.report.sections.program import program
from symrnn.report.wording import say

MANY = 8  # names that the first sentence still lists


def build(job: Job, ledger: Ledger) -> Document:
    """Derive, certify and compose the document of a job.

    Raises
    ------
    CertificateError
        If a line does not hold.
    """
    material = Material(job, ledger)
    blocks = [
        *network.section(material),
        *paths.section(material),
        *(gates if material.edgewise else factors).section(material),
        *sweep.section(material),
        Heading(say("numbers.title")),
        *numbers.section(material),
    ]
    ledger.admit_substituted(job.cell, material.main.name, 2 if material.edgewise else 3)
    ledger.settle()
    blocks += checks.section(ledger)
    lead = {"loss": variable(job.goal), "k": Symbol("k")}
    names = separated([variable(v) for v in job.wrt], "comma")
    many = len(job.wrt) > MANY
    return Document(
        title=(job.title,),
        lead=say("lead.derivation_of_many", **lead) if many else say("lead.derivation", names=names, **lead),
        blocks=tuple(blocks),
        running_head=job.course,
        label=words("label.derivation", cell=job.cell.name),
        foot=checks.foot(ledger),
        language=language().code,
        program=program(job),
    )
