from .deviations import (
    MOVE as MOVE,
    bound_of as bound_of,
    deviation as deviation,
    largest_deviation as largest_deviation,
)
from .draw import (
    MOST_DRAWS as MOST_DRAWS,
    Obstacle as Obstacle,
    obstacle as obstacle,
    random_point as random_point,
    undrawable as undrawable,
)
from .entries import (
    entry_value as entry_value,
)
from .point import (
    Array as Array,
    Point as Point,
    evaluate as evaluate,
    sizes as sizes,
    value as value,
    values as values,
)
from .readback import (
    ReadbackError as ReadbackError,
    ink_or_none as ink_or_none,
    ink_value as ink_value,
)
from .scalars import ScalarNetwork as ScalarNetwork, places as places
from .sympy_diff import substituted as substituted, sympy_values as sympy_values
