from .budget import DerivationError as DerivationError, longest_readable as longest_readable
from .entries import EntryDerivation as EntryDerivation, derive_entry as derive_entry, element as element
from .everything import (
    derivations as derivations,
    entry_by_entry as entry_by_entry,
    factors as factors,
)
from .onestep import K as K, OneStep as OneStep
from .rules import BOOK as BOOK, Reason as Reason, Sentence as Sentence, listed as listed
from .rules.paths import edge_of as edge_of, explicit_implicit as explicit_implicit
from .rules.sweep import successors_rule as successors_rule
from .steps import (
    INSERT as INSERT,
    PUT_BACK as PUT_BACK,
    Derivation as Derivation,
    Line as Line,
    claim as claim,
    derive as derive,
)
from .strategies import (
    CONTRACTED as CONTRACTED,
    FULL as FULL,
    ONE_BACK as ONE_BACK,
    OUTPUT_IN_SHORT as OUTPUT_IN_SHORT,
    PRODUCT as PRODUCT,
    RECURSION as RECURSION,
    REORDERED as REORDERED,
)
from .sweep import (
    ADJOINT as ADJOINT,
    Sweep as Sweep,
    adjoint as adjoint,
    backward as backward,
    derive_sweep as derive_sweep,
)
