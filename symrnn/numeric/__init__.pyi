from .bounds import norms as norms
from .codegen.rows import CompileError as CompileError
from .codegen.seal import is_sealed as is_sealed
from .codegen.source import source as source
from .examples import source_of_test as source_of_test
from .execution import program as program
from .full import gradients as gradients
from .jacobians import (
    immediate as immediate,
    sensitivities as sensitivities,
    state_jacobians as state_jacobians,
)
from .parts import contributions as contributions
from .signals import adjoints as adjoints, forward as forward
from .truncation import truncated_gradients as truncated_gradients
