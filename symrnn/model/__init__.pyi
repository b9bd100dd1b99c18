from .cell import Cell as Cell, builtin_cells as builtin_cells, losses as losses, picked as picked
from .cellfile import HERE as HERE, find as find
from .conventions import (
    CHOICES as CHOICES,
    USUAL as USUAL,
    Conventions as Conventions,
    in_force as in_force,
    under as under,
)
from .equation import (
    HORIZON as HORIZON,
    STEP as STEP,
    WEIGHT as WEIGHT,
    Equation as Equation,
    NetworkError as NetworkError,
    is_symbolic as is_symbolic,
)
from .layers import IN_LAYER as IN_LAYER
from .network import OrderedNetwork as OrderedNetwork
from .newcell import new_cell as new_cell
from .presets import Preset as Preset, read_preset as read_preset
from .roles import ROLES as ROLES
from .toml import (
    FileError as FileError,
    check_keys as check_keys,
    check_text as check_text,
    finite_numbers as finite_numbers,
    read_toml as read_toml,
)
