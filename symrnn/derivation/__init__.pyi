from .budget import DerivationError as DerivationError, longest_readable as longest_readable
from .catalogue import (
    MOST_PRINTED as MOST_PRINTED,
    Catalogue as Catalogue,
    derivations as derivations,
    entry_by_entry as entry_by_entry,
    factors as factors,
)
from .entries import EntryDerivation as EntryDerivation, element as element
from .onestep import K as K, OneStep as OneStep
from .rules import BOOK as BOOK, Reason as Reason, Sentence as Sentence, listed as listed
from .rules.paths import edge_of as edge_of, explicit_implicit as explicit_implicit
from .rules.sweep import successors_rule as successors_rule
from .steps import (
    INSERT as INSERT,
    PUT_BACK as PUT_BACK,
    Derivation as Derivation,
    Line as Line,
    derive as derive,
)
from .strategies import FULL as FULL
from .sweep import (
    ADJOINT as ADJOINT,
    Sweep as Sweep,
    adjoint as adjoint,
    backward as backward,
    derive_sweep as derive_sweep,
)
