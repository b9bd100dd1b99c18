from .algebra import (
    contract as contract,
    hadamard as hadamard,
    outer as outer,
    plus as plus,
    scale as scale,
    through as through,
)
from .calculus import (
    Derivative as Derivative,
    Direct as Direct,
    Immediate as Immediate,
    JacobianProduct as JacobianProduct,
    OverTime as OverTime,
    Partial as Partial,
    TimeSum as TimeSum,
    Total as Total,
    bound as bound,
    free_times as free_times,
    instantiate as instantiate,
)
from .entries import (
    EntryDerivative as EntryDerivative,
    concrete as concrete,
    entry as entry,
    entry_of as entry_of,
    factors_of as factors_of,
    index as index,
    sift as sift,
    split_time as split_time,
)
from .errors import InputError as InputError, SymrnnError as SymrnnError, SystemRefusal as SystemRefusal
from .functions import (
    ACTIVATIONS as ACTIVATIONS,
    TABLE as TABLE,
    log_softmax as log_softmax,
    softmax as softmax,
)
from .nodes import (
    PLAIN_NAME as PLAIN_NAME,
    Apply as Apply,
    Constant as Constant,
    Contraction as Contraction,
    Diagonal as Diagonal,
    Eye as Eye,
    Hadamard as Hadamard,
    Ones as Ones,
    Outer as Outer,
    Plus as Plus,
    Scale as Scale,
    Shape as Shape,
    ShapeError as ShapeError,
    Tensor as Tensor,
    Variable as Variable,
    Zeros as Zeros,
    build as build,
    plain as plain,
    time_symbol as time_symbol,
)
from .replace import replace_node as replace_node
