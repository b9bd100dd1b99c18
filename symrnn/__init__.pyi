from .certificate import Certificate as Certificate, certify as certify
from .derivation import (
    Derivation as Derivation,
    backward as backward,
    derive as derive,
    element as element,
)
from .model import Cell as Cell
from .notation import in_latex as in_latex
from .numeric import (
    adjoints as adjoints,
    contributions as contributions,
    forward as forward,
    gradients as gradients,
    immediate as immediate,
    norms as norms,
    sensitivities as sensitivities,
    state_jacobians as state_jacobians,
    truncated_gradients as truncated_gradients,
)
from .tensor import (
    Direct as Direct,
    Immediate as Immediate,
    Partial as Partial,
    SymrnnError as SymrnnError,
    Total as Total,
)

__version__: str
