"""The handout: one question, ∂L_t/∂W, on two to four pages, for a student who knows the chain rule.

Exercise, solution and hints are the same sheet drawn through a veil that hides answers. What no number
enters, the facts and the story, is made once and serves every set of numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from symrnn.derivation import Derivation, EntryDerivation, K, explicit_implicit
from symrnn.document import (
    Block,
    Bullets,
    Display,
    Document,
    Figure,
    Heading,
    Line,
    Panel,
    Prose,
    Result,
    Steps,
    Text,
    language,
    merged,
    words,
)
from symrnn.model import STEP
from symrnn.notation import (
    Group,
    Number,
    Operator,
    Script,
    Symbol,
    Tree,
    entry_layout,
    layout,
    row,
    separated,
    straight_term,
    variable_symbol,
    width,
)
from symrnn.report.compose import DISPLAY_WIDTH, cases, display, drawn, steps
from symrnn.report.exercise import recurrent_matrices
from symrnn.report.job import Job
from symrnn.report.ledger import Ledger
from symrnn.report.material import Material
from symrnn.report.sections import checks, network as network_section, paths as paths_section
from symrnn.report.sections.handout_numbers import headed, with_numbers
from symrnn.report.sections.jacobian import jacobian_picture
from symrnn.report.sections.notation import stated
from symrnn.report.sections.program import program
from symrnn.report.veil import Veil
from symrnn.report.wording import say, sentences
from symrnn.tensor import TimeSum, Total, bound

ACROSS = 165.0  # millimetres, of a line that may be as wide as the text


def build(job: Job, ledger: Ledger) -> Document:
    """Derive, certify and compose the handout of a job."""
    return Sheet(derived(Material(job, ledger)), Veil(), "label.handout").filled(job, ledger)


@dataclass(frozen=True, eq=False)
class Facts:
    """What a handout prints of derivations; every one of them has passed the ledger."""

    material: Material
    paths: Derivation
    to_scores: Derivation
    to_state: Derivation
    jacobian: Line
    product: Derivation
    entries: EntryDerivation
    together: Derivation
    other: Derivation | None

    @property
    def last(self) -> int:
        """Number of the last step of the path expansion."""
        return len(self.paths.lines())

    @property
    def indices(self) -> tuple[Symbol, Symbol, Symbol]:
        """The letters of the entries of a tensor."""
        p, q, r = (Symbol(letter) for letter in self.material.network.letters.entries)
        return p, q, r

    @property
    def agree(self) -> Tree:
        """Return p = q, where an entry of the tensor can differ from zero."""
        p, q, _ = self.indices
        return row(p, Operator("="), q)

    def same(self, k: int) -> Tree:
        """Return k = 2, or another number."""
        return row(Symbol("k"), Operator("="), Number(str(k)))


def derived(material: Material) -> Facts:
    """Derive and certify what a handout tells.

    Raises
    ------
    CertificateError
        If a line does not hold.
    """
    job, ledger = material.job, material.ledger
    ledger.admit_equations(material.network)
    others = [v for v in recurrent_matrices(job.network) if v != material.main]
    facts = Facts(
        material,
        material.main_paths,
        material.output,
        material.from_loss(material.state(STEP)),
        jacobian_picture(material.jacobian, ledger),
        material.product,
        material.entries(material.main_immediate),
        material.contracted,
        material.immediate(others[0]) if others else None,
    )
    ledger.settle()
    return facts


@dataclass(frozen=True, eq=False)
class Sheet:
    """A handout without its numbers.

    Attributes
    ----------
    facts : Facts
    veil : Veil
        What it hides.
    label : str
        The entry that says what it is, such as ``label.handout``.
    questions : tuple of Block
        What it asks at its end.
    """

    facts: Facts
    veil: Veil
    label: str
    questions: tuple[Block, ...] = ()

    @cached_property
    def story(self) -> tuple[Block, ...]:
        """Network, question, derivation, factors: what no number enters."""
        parts = (
            network(self.facts),
            dependence(self.facts, self.veil),
            derivation(self.facts, self.veil),
            factors(self.facts, self.veil),
        )
        return tuple(block for part in parts for block in part)

    def filled(self, job: Job, ledger: Ledger, head: tuple[Block, ...] = ()) -> Document:
        """Return the document with the numbers of ``job``, which pass the ledger."""
        facts = self.facts
        places: dict[str, Any] = {"loss": job.of, "W": facts.material.main, "k": Symbol("k")}
        asked = say("lead.exercise", **places)
        told = say("lead.handout", goal=facts.paths.goal, **places)
        checked, shared = (facts.paths, facts.together), facts.material.ledger
        numbers = with_numbers(facts.material, checked, job, ledger, self.veil, bool(self.questions))
        return Document(
            title=(job.title,),
            lead=asked if self.veil.hide else told,
            blocks=(*head, *self.story, *numbers, slips(facts), *self.questions),
            running_head=job.course,
            label=words(self.label, cell=job.cell.name),
            foot=checks.foot(ledger) if ledger is shared else checks.foot_of_variant(shared, ledger),
            language=language().code,
            program=() if self.veil.hide else program(job),  # it would find what is hidden
        )


def network(facts: Facts) -> list[Block]:
    """The equations, the shapes and the graph, one term highlighted."""
    material, job = facts.material, facts.material.job
    t = int(job.of.time)
    k = min(2, t - 1)
    last = Number(str(job.steps))
    times = separated([row(Symbol("t"), Operator("="), Number("1")), Operator("dots"), last], "comma")
    starts = job.values[f"{job.cell.states[0]}0"].any()
    parameters = separated([variable_symbol(name) for name in job.cell.parameters], "comma")
    shared = sentences(
        network_section.ignored(job),
        say("network.shared", parameters=parameters),
        say("network.start", start=material.state(0)) if starts else (),
    )
    after = merged((*shared, *network_section.activation_sentence(job)))
    caption = say(
        "handout.figure",
        T=row(Symbol("T"), Operator("="), last),
        k=facts.same(k),
        W=material.main,
        state=material.state(k),
        loss=job.of,
    )
    return [
        Heading(say("network.title")),
        *stated(job),
        *network_section.introduced(job, network_section.reads(job, times), after),
        Figure(drawn(job.network, straight_term(job.network, material.main, k, t)), caption),
    ]


def dependence(facts: Facts, veil: Veil) -> list[Block]:
    """Explicit and implicit: the step that the whole derivation turns on, with its terms braced."""
    rules = [line.rule.name for line in facts.paths.lines()]
    blocks = paths_section.two_kinds(facts.material)
    if not veil.hides_step(rules.index(explicit_implicit.name) + 1):
        return blocks
    braced = [block for block in blocks if isinstance(block, Display)][-1]  # before it, an equation is given
    hidden = Display(tuple(map(veil.line, braced.lines)), braced.columns)
    return [hidden if block is braced else block for block in blocks]


def numbered(facts: Facts) -> Steps:
    """The path expansion, one rule in a row."""
    return steps(facts.paths)


def boxed(facts: Facts) -> Result:
    """The result, its factors braced."""
    (found,) = paths_section.boxed(facts.material)
    return Result(found.line, words("result.title"), words("result.from_steps", last=facts.last))


def reading(facts: Facts) -> Text:
    """Say what the result says."""
    material, job = facts.material, facts.material.job
    (total,) = facts.paths.result.atoms(TimeSum)
    travels, acts = total.instance(bound("k")).factors
    return say(
        "handout.reading_result",
        W=material.main,
        k=Symbol("k"),
        state=material.state(K),
        explicit=acts,
        implicit=travels,
        front=Total(job.of, material.state(job.of.time)),
    )


def derivation(facts: Facts, veil: Veil) -> list[Block]:
    """The path expansion rule by rule, its result in a box, and the result in words."""
    material, job = facts.material, facts.material.job
    return [
        headed("paths.derivation", job.exercise.points_of("results", "rules")),
        Prose(say("handout.before_steps", loss=job.of, W=material.main)),
        veil.steps(numbered(facts)),
        veil.result(boxed(facts), facts.last),
        Prose(say("handout.in_words")),
        Prose(reading(facts), blank=veil.hides_step(facts.last)),
    ]


def factors(facts: Facts, veil: Veil) -> list[Block]:
    """What each factor is, and what becomes of them together."""
    material, job = facts.material, facts.material.job
    state, before = material.jacobian.goal.args
    likely = job.cell.loss == "cross_entropy"
    ends = "handout.softmax" if likely else "handout.squared"
    through = "handout.from_loss" if likely else "handout.from_loss_outputs"
    scores = say(through, z=facts.to_scores.goal.args[1])
    product = facts.product.lines()[0]
    claims = [(found.goal, found.result) for found in (facts.to_scores, facts.to_state)]
    together = display((facts.together.goal, facts.together.result)).lines
    p, q, r = facts.indices
    return [
        Heading(say("handout.factors")),
        Prose(sentences(scores, say(ends))),
        display(*claims, columns=2),
        Prose(say("handout.from_state", p=p, state=state, before=before)),
        Display((_joined(facts.jacobian),)),
        Prose(say("handout.product")),
        display((product.lhs, product.rhs)),
        Prose(say("handout.from_parameter", p=p, q=q, r=r, W=material.main)),
        Display((_entry(facts.entries),)),
        Prose(say("handout.together", same=facts.agree, p=p)),
        Display(tuple(map(veil.answer, together))),
    ]


def _joined(line: Line) -> Line:
    """Return a chain of equations in one line, where the whole width of the text holds it."""
    fits = sum(width(tree) for tree in (line.lhs, *line.rhs) if tree is not None) <= ACROSS
    return replace(line, rhs=(row(*line.rhs),)) if fits else line


def _entry(found: EntryDerivation) -> Line:
    """One entry of the explicit tensor, and the same as cases; two lines where one is too long."""
    lhs = Script(Group(layout(found.goal)), sub=row(*(Symbol(str(i)) for i in found.indices)))
    whole, by_cases = entry_layout(found.result, found.letters), cases(found)
    if by_cases is None:
        return Line(lhs, "=", (whole,))
    second = row(Operator("="), by_cases)
    fits = sum(map(width, (lhs, whole, second))) <= DISPLAY_WIDTH
    return Line(lhs, "=", (row(whole, second),) if fits else (whole, second))


def slips(facts: Facts) -> Panel:
    """What goes wrong in hand-written derivations."""
    material = facts.material
    t = int(material.job.of.time)
    before = material.state(t - 1)
    items = (
        say("handout.slip_stopping", before=before, n=t),
        say("handout.slip_counting"),
        say("handout.slip_reversing"),
        say("handout.slip_slope", W=material.main),
        say("handout.slip_late", k=Symbol("k")),
    )
    return Panel((Bullets(items),), words("handout.slips"), "explicit")
