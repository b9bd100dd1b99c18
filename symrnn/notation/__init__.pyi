from .emitters.latex import latex as latex
from .emitters.scene_typst import scene_typst as scene_typst
from .emitters.svg import picture as picture, svg as svg
from .emitters.text import HIDDEN as HIDDEN, text as text
from .emitters.tikz import tikz as tikz
from .entries import entry_cases as entry_cases, entry_layout as entry_layout, entry_line as entry_line
from .graph import (
    SMALL as SMALL,
    Sizes as Sizes,
    Term as Term,
    straight_term as straight_term,
    terms as terms,
    unrolled as unrolled,
)
from .matrix import (
    in_latex as in_latex,
    inline as inline,
    layout as layout,
    line as line,
    sign_of as sign_of,
)
from .measure import EM as EM, broken as broken, chained as chained, height as height, width as width
from .scene import Scene as Scene
from .symbols import copy_of as copy_of, variable as variable, variable_symbol as variable_symbol
from .tree import (
    BigSum as BigSum,
    Cases as Cases,
    Coloured as Coloured,
    Fraction as Fraction,
    Group as Group,
    Hidden as Hidden,
    Matrix as Matrix,
    Number as Number,
    Operator as Operator,
    Role as Role,
    Row as Row,
    Script as Script,
    Symbol as Symbol,
    Tree as Tree,
    Underbrace as Underbrace,
    Words as Words,
    numeral as numeral,
    pieces as pieces,
    row as row,
    separated as separated,
    uncoloured as uncoloured,
)
