"""Path rules: how a derivative follows the network through time.

The ordered chain rule (Werbos 1990) in the lecture's words: the total derivative is the explicit part, in
which everything already computed is held fixed, plus the implicit part, which asks the same question of
each predecessor. The kept variables of the network are the nodes of the paths.
"""

from __future__ import annotations

from sympy.core.numbers import Integer

from symrnn.derivation.rules import Sentence, rule, sentence
from symrnn.model import HORIZON, WEIGHT, OrderedNetwork, is_symbolic
from symrnn.tensor import (
    Contraction,
    Derivative,
    Direct,
    Immediate,
    JacobianProduct,
    Outer,
    Tensor,
    TimeSum,
    Total,
    Variable,
    Zeros,
    bound,
    contract,
    outer,
    plus,
    through,
)

WERBOS = "ordered chain rule, Werbos 1990; explicit and implicit parts as in CS7015 lecture 14"


def _split(node: Tensor, network: OrderedNetwork) -> tuple[bool, list[Variable]] | None:
    """For ∂v/∂x: whether x stands openly in v, and the predecessors through which it acts as well."""
    match node:
        case Total(v, x) if v != x and network.equation(v) is not None and not _is_edge(node, network):
            parents = network.parents(v)
            return x in parents, [u for u in parents if u != x and network.depends(u, x)]
    return None


def _is_edge(node: Tensor, network: OrderedNetwork) -> bool:
    """Whether ∂v/∂x is a single edge between kept variables: a factor that path rules leave alone."""
    v, x = node.args
    return (network.is_node(x) or x.time == 0) and network.edge_is_only_path(x, v)


def _implicit(
    v: Variable, x: Variable, through_parents: list[Variable], network: OrderedNetwork
) -> list[Tensor]:
    return [through(edge_of(v, u, network), Total(u, x), u.rank) for u in through_parents]


def edge_of(v: Variable, u: Variable, network: OrderedNetwork) -> Derivative:
    """Factor of one edge: ∂v/∂u where no other path exists, else its explicit derivative."""
    return Total(v, u) if network.edge_is_only_path(u, v) else explicit(v, u, network)


def explicit(v: Variable, x: Variable, network: OrderedNetwork) -> Derivative:
    """Return what an edge carries while every other node is held fixed: ∂⁺v/∂x, or ∂°v/∂x if they differ.

    They differ where a node that is no state, such as a gate, stands between.
    """
    between = (u for u in network.parents(v) if network.is_node(u) and u.name not in network.states)
    return (Direct if any(u != x and x in network.acting(u) for u in between) else Immediate)(v, x)


def _only_through(node: Tensor, network: OrderedNetwork) -> Sentence:
    v, x = node.args
    _, parents = _split(node, network) or (False, [])
    return sentence("{x} reaches {v} only through {parents}.", x=x, v=v, parents=parents)


@rule(
    "chain rule",
    "What acts only through its successors acts by their derivatives.",
    source=WERBOS,
    because=_only_through,
)
def chain_rule(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂v/∂x = Σ_u (∂v/∂u)(∂u/∂x) if x does not stand openly in v."""
    match _split(node, network):
        case (False, [_, *_] as parents):
            v, x = node.args
            return plus(_implicit(v, x, parents, network))
    return None


def _expand(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    match _split(node, network):
        case (True, [_, *_] as parents):
            v, x = node.args
            return plus([explicit(v, x, network), *_implicit(v, x, parents, network)])
    return None


def _openly_and_inside(node: Tensor, network: OrderedNetwork) -> Sentence:
    v, x = node.args
    _, parents = _split(node, network) or (False, [])
    return sentence("{x} stands openly in {v}, and again inside {parents}.", x=x, v=v, parents=parents)


@rule(
    "explicit + implicit",
    "The total derivative is the explicit part, everything before held fixed, plus what comes through it.",
    source=WERBOS,
    because=_openly_and_inside,
)
def explicit_implicit(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂v/∂x = ∂⁺v/∂x + Σ_u (∂v/∂u)(∂u/∂x); with gates as nodes, ∂°v/∂x."""
    return _expand(node, network)


@rule(
    "one step back",
    "The implicit part asks the same question one step earlier.",
    source=WERBOS,
    because=lambda node, network: sentence("The same rule for {derivative}.", derivative=node),
)
def one_step_back(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """Explicit + implicit, for a derivative that an earlier step left; symbolic times would not end."""
    return None if isinstance(node, Total) and is_symbolic(node.args[0]) else _expand(node, network)


def _base_reason(node: Tensor, network: OrderedNetwork) -> Sentence:
    v, x = node.args
    if not network.depends(v, x):
        return sentence("{v} does not depend on {x}.", v=v, x=x)
    start = [u for u in network.parents(v) if u.time == 0]
    if len(start) == 1:
        return sentence(
            "{start} is a constant, so {derivative} has no implicit part.", start=start, derivative=node
        )
    if start:
        return sentence(
            "{start} are constants, so {derivative} has no implicit part.", start=start, derivative=node
        )
    states = [u for u in network.parents(v) if network.is_node(u)]
    if states:
        return sentence("{x} stands openly in {v}; {state} does not depend on it.", x=x, v=v, state=states[0])
    return sentence("{x} stands openly in {v}.", x=x, v=v)


@rule(
    "base case",
    "Where nothing before depends on the variable, only the explicit part is left.",
    source=WERBOS,
    because=_base_reason,
)
def base_case(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂v/∂x = ∂⁺v/∂x if no predecessor of v depends on x; ∂s_0/∂x = 0."""
    match node:
        case Total(v, x) if not network.depends(v, x):
            return Zeros(node.shape)
    match _split(node, network):
        case (True, []):
            return explicit(node.args[0], node.args[1], network)
    return None


@rule(
    "telescoping",
    "Neighbouring Jacobians of a chain join: every path passes the state between them.",
    source="chain rule along a chain of states; CS7015 lecture 14, frame 31",
    because="Every path between two states passes the states between them.",
    together=True,
)
def telescope(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """(∂s_t/∂s_j)(∂s_j/∂s_k) = ∂s_t/∂s_k where every path passes s_j."""
    match node:
        case Contraction():
            factors: list[Tensor] = []
            for factor in node.factors:
                if factors and _joins(factors[-1], factor, network):
                    factors[-1] = Total(factors[-1].args[0], factor.args[1])
                else:
                    factors.append(factor)
            return contract(*factors, joined=node.joined)
    return None


def _joins(left: Tensor, right: Tensor, network: OrderedNetwork) -> bool:
    match left, right:
        case Total(a, b), Total(c, d) if b == c:
            chain = network.chain and {a.name, b.name, d.name} == set(network.states)
            return chain or (all(v.name in network.states for v in (a, b, d)) and _passes(b, d, a, network))
    return False


def _passes(between: Variable, source: Variable, target: Variable, network: OrderedNetwork) -> bool:
    """Whether every path from source to target passes a node."""
    if any(map(is_symbolic, (between, source, target))):
        return False
    return all(between in path for path in network.paths(source, target))


@rule(
    "product of Jacobians",
    "Along a chain of states one-step Jacobians multiply, later ones on the left.",
    source="chain rule; the order is that of CS7015 lecture 14, frame 34, written out",
    because="One factor for each step; later steps stand on the left.",
)
def written_product(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂s_t/∂s_k = (∂s_t/∂s_{t−1}) … (∂s_{k+1}/∂s_k) for a chain of states."""
    match node:
        case Total(v, x) if (v.name,) == (x.name,) == network.states and v.time - x.time != 1 and v != x:
            j = bound("j")
            return JacobianProduct(Total(v.at(j), v.at(j - 1)), j, x.time + 1, v.time)
    return None


@rule(
    "insert the next state",
    "Telescoping read backwards: every path leaves a state through the next one.",
    source="chain rule along a chain of states",
    because="Every path leaves the state through the next one.",
)
def insert_next(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """(∂L_t/∂s_t)(∂s_t/∂s_k) = (∂L_t/∂s_t)(∂s_t/∂s_{k+1})(∂s_{k+1}/∂s_k) for a chain of states and t > k."""
    match node:
        case Contraction(factors=(*front, Total(v, x)), joined=r) if (v.name,) == (x.name,) == network.states:
            later = x.at(x.time + 1)
            return None if v == later else contract(*front, Total(v, later), Total(later, x), joined=r)
    return None


def _sum_reason(node: Tensor, network: OrderedNetwork) -> Sentence:
    if network.weights:
        return sentence("The total loss is the weighted sum of the losses of the steps.")
    return sentence("The total loss is the sum of the losses of the steps.")


@rule(
    "sum of the losses",
    "The total loss is the sum of the losses of the steps.",
    source="definition of the total loss",
    because=_sum_reason,
)
def loss_sum(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂L/∂x = Σ_t ω_t ∂L_t/∂x."""
    match node:
        case Total(v, x) if network.is_total_loss(v):
            t = bound("t")
            term: Tensor = Total(v.at(t), x)
            if network.weights:
                term = outer(Variable(WEIGHT, (), t), term)
            return TimeSum(term, t, _first_loss(x), HORIZON)
    return None


def _counted_reason(node: Tensor, network: OrderedNetwork) -> Sentence:
    left = [Variable(WEIGHT, (), Integer(t)) for t in _counted(node, network)]
    if not left:
        return sentence("All these weights are 0.")
    if left[1:]:
        return sentence("Of the weights only {weights} are not 0.", weights=left)
    return sentence("Of the weights only {weight} is not 0.", weight=left[0])


def _counted(node: Tensor, network: OrderedNetwork) -> list[int]:
    """Return the steps of a sum over the losses whose weight is not 0."""
    low = int(node.args[2])
    return [t for t in range(low, network.steps + 1) if network.weights[t - 1]]


@rule(
    "weight zero",
    "A term with the weight 0 is 0; the losses that count remain.",
    source="definition of the total loss",
    because=_counted_reason,
)
def weight_zero(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """Σ_{t=1}^{T} ω_t X_t = ω_3 X_3 + ω_T X_T where the other weights are 0."""
    match node:
        case TimeSum(Outer(Variable() as weight, _), t, Integer(), high) if (
            (weight.name, weight.time, high) == (WEIGHT, t, HORIZON)
            and network.weights
            and not all(network.weights)
        ):
            left = _counted(node, network)
            return plus(node.instance(Integer(t)) for t in left) if left else Zeros(node.shape)
    return None


@rule(
    "read the sum as a derivative",
    "The sum over all later losses is the derivative of the total loss.",
    source="the same chain rule, read from right to left",
    because="This is the derivative of the total loss again.",
)
def fold_losses(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """Σ_{t=k}^{T} ω_t (∂L_t/∂s_t)(∂s_t/∂s_k) = ∂L/∂s_k."""
    match node:
        case TimeSum(body, _, low, high) if high == HORIZON:
            path = body.args[1] if isinstance(body, Outer) else body
            match path:
                case Contraction(factors=(Total(loss, s), Total(v, x))) if (
                    network.is_loss(loss) and s == v and x.time == low
                ):
                    return Total(network.total_loss, x)
    return None


def _first_loss(x: Variable) -> object:
    """Return the first step whose loss can depend on x."""
    return 1 if x.time is None or x.time == 0 else x.time


@rule(
    "induction hypothesis",
    "The statement is assumed for the step before.",
    source="mathematical induction",
    because="The statement, assumed one step earlier.",
)
def induction_hypothesis(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂s_{t−1}/∂x = Σ_{k=1}^{t−1} (∂s_{t−1}/∂s_k)(∂⁺s_k/∂x), for a chain of states and symbolic t."""
    match node:
        case Total(v, x) if is_symbolic(v) and (v.name,) == network.states and x.time is None:
            return sum_over_uses(v, x)
    return None


def sum_over_uses(v: Variable, x: Variable) -> Tensor:
    """Σ_k (∂s_t/∂s_k)(∂⁺s_k/∂x): the claim of the lecture for a state v = s_t."""
    k = bound("k")
    return TimeSum(contract(Total(v, v.at(k)), Immediate(v.at(k), x)), k, 1, v.time)
