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
from .files import (
    FileError as FileError,
    files_read as files_read,
    read_file as read_file,
    read_text as read_text,
)
from .layers import IN_LAYER as IN_LAYER
from .letters import Letters as Letters
from .meanings import part_of as part_of
from .network import OrderedNetwork as OrderedNetwork
from .newcell import new_cell as new_cell
from .presets import Preset as Preset, read_preset as read_preset
from .reading import losses as losses, picked as picked
from .roles import ROLES as ROLES
from .toml import (
    Text as Text,
    check_choice as check_choice,
    check_keys as check_keys,
    check_text as check_text,
    finite_numbers as finite_numbers,
    read_table as read_table,
    read_toml as read_toml,
)
