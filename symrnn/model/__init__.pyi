from .cell import Cell as Cell
from .cellfile import HERE as HERE, builtin_cells as builtin_cells, find as find
from .conventions import (
    USUAL as USUAL,
    Convention as Convention,
    Conventions as Conventions,
    Layout as Layout,
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
from .reading import losses as losses, picked as picked
from .roles import ROLES as ROLES
from .toml import (
    FileError as FileError,
    Text as Text,
    check_choice as check_choice,
    check_keys as check_keys,
    check_text as check_text,
    files_read as files_read,
    finite_numbers as finite_numbers,
    read_table as read_table,
    read_toml as read_toml,
)
