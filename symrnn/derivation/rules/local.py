"""Local rules: the derivative of one equation, one node at a time.

Every rule here rewrites ``Partial(expression, x)``, or opens a derivative of a variable by its equation.
Shapes follow the numerator layout: the result has the shape of the expression followed by the shape of x.
"""

from __future__ import annotations

from symrnn.derivation.rules import Sentence, rule, sentence
from symrnn.model import OrderedNetwork
from symrnn.tensor import (
    TABLE,
    Apply,
    Contraction,
    Diagonal,
    Direct,
    Eye,
    Hadamard,
    Immediate,
    Partial,
    Plus,
    Scale,
    Tensor,
    Total,
    Variable,
    Zeros,
    contract,
    outer,
    plus,
    scale,
    through,
)


def edge(target: Variable, source: Variable, network: OrderedNetwork) -> Tensor:
    """Derivative along one edge: written ∂ where the edge is the only path, else with its equation open."""
    if network.whole.edge_is_only_path(source, target):
        return Total(target, source)
    equation = network.equation(target)
    assert equation is not None  # an edge leads to something computed
    return Partial(equation.expression, source)


def _chain_reason(node: Tensor, network: OrderedNetwork) -> Sentence:
    v, x = node.args
    return sentence("{x} reaches {v} through {between}.", x=x, v=v, between=network.carriers(v, x))


@rule(
    "chain rule within the step",
    "A variable that is computed through an intermediate varies with it.",
    source="chain rule",
    because=_chain_reason,
)
def intermediate_rule(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂⁺v/∂x = ∂e/∂x + Σ_u (∂v/∂u)(∂⁺u/∂x) over the intermediates u in v = e; so ∂v/∂x along a lone edge."""
    match node:
        case Immediate(v, x) | Total(v, x) if isinstance(v, Variable) and v != x:
            if isinstance(node, Total) and not network.edge_is_only_path(x, v):
                return None
            equation, inner = network.equation(v), network.carriers(v, x)
            if equation is None or not inner:
                return None
            open_part = [Partial(equation.expression, x)] if x in equation.used else []
            return plus([*open_part, *(through(edge(v, u, network), Immediate(u, x), u.rank) for u in inner)])
    return None


@rule(
    "definition",
    "A variable may be replaced by the right-hand side of its equation.",
    source="the equations of the network",
    because=lambda node, network: sentence(
        "Insert {v}; terms without {x} are constant.", v=node.args[0], x=node.args[1]
    ),
    together=True,
)
def definition_rule(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂°v/∂x = ∂e/∂x for v = e; so is ∂⁺v/∂x if no signal in e carries x, and ∂v/∂u along a lone edge."""
    match node:
        case Direct(v, x) | Immediate(v, x) | Total(v, x) if v != x:
            equation = network.equation(v)
            if equation is None or x not in equation.used:
                return None
            if isinstance(node, Total) and not network.whole.edge_is_only_path(x, v):
                return None
            if isinstance(node, Immediate) and network.carriers(v, x):
                return None
            return Partial(equation.expression, x)
    return None


def opened(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """Return a derivative with the equation of its variable inserted, or as it is if it is open already."""
    return node if isinstance(node, Partial) else definition_rule(node, network)


@rule(
    "identity",
    "The derivative of a variable by itself is the identity.",
    source="definition of the derivative",
    routine=True,
)
def identity_rule(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂x/∂x = I."""
    match node:
        case Partial(e, x) | Direct(e, x) | Immediate(e, x) | Total(e, x) if e == x:
            return Eye(x.shape)
    return None


@rule(
    "constant",
    "What does not contain the variable has derivative zero.",
    source="definition of the derivative",
    because=lambda node, network: sentence("{e} does not contain {x}.", e=node.args[0], x=node.args[1]),
    routine=True,
)
def constant_rule(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂e/∂x = 0 if x does not occur in e."""
    match node:
        case Partial(e, x) if x not in e.variables():
            return Zeros(node.shape)
        case Direct(v, x) if v != x and ((found := network.equation(v)) is None or x not in found.used):
            return Zeros(node.shape)
        case Immediate(v, x) if v != x and x not in network.acting(v):
            return Zeros(node.shape)
    return None


@rule(
    "sum",
    "The derivative of a sum is the sum of the derivatives.",
    source="linearity",
    routine=True,
)
def sum_rule(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂(u + v) = ∂u + ∂v."""
    match node:
        case Partial(Plus() as e, x):
            return plus(Partial(term, x) for term in e.args)
    return None


@rule(
    "number factor",
    "A number factor is carried along.",
    source="linearity",
    routine=True,
)
def scale_rule(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂(c u) = c ∂u."""
    match node:
        case Partial(Scale(factor, e), x):
            return scale(factor, Partial(e, x))
    return None


def _contraction_reason(node: Tensor, network: OrderedNetwork) -> Sentence:
    matrix, *vector = node.args[0].factors
    u = contract(*vector)
    if node.args[1] == matrix:
        return sentence(
            "Each row of {A} meets only its own entry of the product, where it multiplies {u}.", A=matrix, u=u
        )
    return sentence("The product is linear in {u}.", u=u)


@rule(
    "matrix times vector",
    "By the vector the derivative is the matrix; by the matrix, an outer product with the identity.",
    source="entry by entry: the derivative of Σ_i A_pi u_i by A_qr is δ_pq u_r",
    because=_contraction_reason,
    together=True,
)
def contraction_rule(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂(A u)/∂A = I ⊗ u, and ∂(A u) = A ∂u for whatever u depends on."""
    match node:
        case Partial(Contraction(factors=(Variable() as A, *rest)) as product, x) if (
            A.rank == 2 and product.rank == 1
        ):
            u = contract(*rest)  # A B v is A (B v)
            by_matrix = [outer(Eye(A.shape[:1]), u)] if x == A else []
            by_vector = [contract(A, Partial(u, x))] if x in u.variables() else []
            return plus(by_matrix + by_vector, node.shape)
    return None


@rule(
    "scalar product",
    "Each of the two vectors takes its turn.",
    source="product rule, entry by entry",
    because=lambda node, network: sentence(
        "Each factor takes its turn; a factor without {x} is constant.", x=node.args[1]
    ),
)
def dot_rule(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂(u·v) = v ∂u + u ∂v."""
    match node:
        case Partial(Contraction(factors=(u, *rest)) as product, x) if u.rank == 1 and product.rank == 0:
            v = contract(*rest)  # u A v is u · (A v)
            turns = ((v, u), (u, v))
            return plus((contract(f, Partial(g, x)) for f, g in turns if x in g.variables()), node.shape)
    return None


@rule(
    "entrywise product",
    "Each of the two factors takes its turn, the other one stands on a diagonal.",
    source="product rule, entry by entry",
    together=True,
)
def hadamard_rule(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂(u ⊙ v) = diag(v) ∂u + diag(u) ∂v."""
    match node:
        case Partial(Hadamard(u, v), x) if u.rank == 1:
            turns = ((v, u), (u, v))
            terms = (contract(Diagonal(f), Partial(g, x)) for f, g in turns if x in g.variables())
            return plus(terms, node.shape)
        case Partial(Hadamard(u, v), x) if u.rank == 0:
            return plus((outer(v, Partial(u, x)), outer(u, Partial(v, x))))
    return None


@rule(
    "entrywise function",
    "A function applied entry by entry has a diagonal Jacobian.",
    source="an entry of f(u) depends on the same entry of u alone",
    because=lambda node, network: sentence(
        "Each entry of {v} depends on the same entry of {u} alone.",
        v=node.args[0],
        u=opened(node, network).args[0].argument,  # type: ignore[union-attr]  # asked only where the rule applied
    ),
)
def function_rule(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂f(u) = diag(f'(u)) ∂u."""
    match opened(node, network):
        case Partial(Apply(function, u, order) as e, x) if TABLE[function].derivative and order == 0:
            inner = Partial(u, x)
            return contract(Diagonal(e.prime()), inner) if u.rank else outer(e.prime(), inner)
    return None


@rule(
    "softmax",
    "The Jacobian of softmax: its values on a diagonal, minus their outer product with themselves.",
    source="quotient rule: the derivative of p_i by z_j is p_i (δ_ij − p_j)",
    because="Raising one logit raises its probability and lowers all others.",
)
def softmax_rule(node: Tensor, network: OrderedNetwork) -> Tensor | None:
    """∂softmax(u) = (diag(p) − p ⊗ p) ∂u with p = softmax(u)."""
    match opened(node, network):
        case Partial(Apply("softmax", u, 0) as e, x):
            p = network.named(e) or e
            return contract(plus((Diagonal(p), scale(-1, outer(p, p)))), Partial(u, x))
    return None


LOCAL = (
    identity_rule,
    constant_rule,
    sum_rule,
    scale_rule,
    intermediate_rule,
    function_rule,
    softmax_rule,
    definition_rule,
    contraction_rule,
    dot_rule,
    hadamard_rule,
)
