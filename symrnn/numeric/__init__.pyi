from .codegen.rows import CompileError as CompileError
from .codegen.seal import is_sealed as is_sealed
from .codegen.source import source as source
from .examples import source_of_test as source_of_test
from .execution import program as program
from .interface import (
    adjoints as adjoints,
    contributions as contributions,
    forward as forward,
    gradients as gradients,
    immediate as immediate,
    sensitivities as sensitivities,
    state_jacobians as state_jacobians,
    truncated_gradients as truncated_gradients,
)
