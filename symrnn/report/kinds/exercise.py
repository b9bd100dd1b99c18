"""Exercise, solution and hints: one handout, drawn through the veil that the job asks for.

An exercise brings its key, the solution: the same facts and the same numbers with nothing hidden.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from symrnn.document import Block, Document, Form, Panel, Prose, Styled, words
from symrnn.notation import Group, Operator, inline, line, row
from symrnn.report.compose import entry_count
from symrnn.report.job import Job
from symrnn.report.kinds.handout import Facts, Sheet, derived
from symrnn.report.ledger import Ledger
from symrnn.report.material import Material
from symrnn.report.veil import Veil
from symrnn.report.wording import say

SHORT = 30  # characters of a name that leave room beside it
LABELS = {"exercise": "label.exercise", "hints": "label.hints"}


def build(job: Job, ledger: Ledger) -> Document:
    """Derive, certify and compose the exercise of a job, or its solution, or its hints."""
    sheets = Sheets(derived(Material(job, ledger)))
    return sheets.solution(job, ledger) if job.kind == "solution" else sheets.exercise(job, ledger)


@dataclass(frozen=True, eq=False)
class Sheets:
    """Exercise and solution without their numbers."""

    facts: Facts

    @cached_property
    def open(self) -> Sheet:
        """With nothing hidden."""
        return self._sheet(Veil(), "label.solution")

    @cached_property
    def veiled(self) -> Sheet:
        """With the answers hidden."""
        job = self.facts.material.job
        return self._sheet(Veil(job.exercise.hide, job.kind == "hints"), LABELS[job.kind])

    def _sheet(self, veil: Veil, label: str) -> Sheet:
        return Sheet(self.facts, veil, label, (questions(self.facts, veil),))

    def exercise(self, job: Job, ledger: Ledger) -> Document:
        """Return the exercise with the numbers of ``job``, and its key with it."""
        return replace(self.veiled.filled(job, ledger, head(job)), key=self.solution(job, ledger))

    def solution(self, job: Job, ledger: Ledger) -> Document:
        """Return the solution with the numbers of ``job``."""
        return self.open.filled(job, ledger, head(job))


def head(job: Job) -> tuple[Block, ...]:
    """Return places for name, date and points, where the job asks for them."""
    asked = job.exercise
    total = sum(number for _, number in asked.points)
    name = [(f"{words('exercise.name')} {asked.student}".strip(), "")] if asked.name or asked.student else []
    rest = [(words("exercise.date"), "")] if name else []
    rest += [(words("exercise.points"), f"/ {total}")] if total else []
    rows = (name, rest) if len(asked.student) > SHORT else ([*name, *rest],)
    return tuple(Form(tuple(fields)) for fields in rows if fields)


def questions(facts: Facts, veil: Veil) -> Panel:
    """Some questions, each with its answer."""
    material = facts.material
    t = int(material.job.of.time)
    k = t - 1 if t > 2 else t  # not the term that the figure shows
    before, state = material.state(k - 1), material.state(k)
    asked = [
        (
            say("exercise.ask_graph", k=facts.same(k)),
            say("exercise.answer_graph", before=before, state=state, loss=material.job.of),
        )
    ]
    if facts.other is not None:
        goal, result = facts.other.goal, facts.other.result
        claim = row(inline(goal), Operator("="), line(goal, result)[1])
        asked.append(
            (
                say("exercise.ask_other", W=material.main, U=goal.args[1]),
                say("exercise.answer_other", claim=claim),
            )
        )
    everything, rest = entry_count(facts.entries.goal.shape), entry_count(material.main.shape)
    p, _, r = facts.indices
    pair = Group(row(p, Operator("comma"), r))
    question = say("exercise.ask_entries", all=everything)
    asked.append((question, say("exercise.answer_entries", some=rest, pair=pair, same=facts.agree)))
    blocks: list[Block] = []
    for letter, (question, answer) in zip("abc", asked):
        blocks += [Prose((Styled(f"{letter}. ", "strong"), *question)), veil.prose(answer)]
    return Panel(tuple(blocks), words("exercise.turn"), "implicit")
