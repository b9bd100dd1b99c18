from .blocks import (
    Bar as Bar,
    Blank as Blank,
    Block as Block,
    Bullets as Bullets,
    Code as Code,
    Columns as Columns,
    Display as Display,
    Document as Document,
    Figure as Figure,
    Form as Form,
    Gallery as Gallery,
    Heading as Heading,
    Line as Line,
    Panel as Panel,
    Piece as Piece,
    Prose as Prose,
    Result as Result,
    StepRow as StepRow,
    Steps as Steps,
    Styled as Styled,
    Table as Table,
    Text as Text,
)
from .dialects import Format as Format, lacking as lacking
from .engines import (
    Engine as Engine,
    Shared as Shared,
    engine_version as engine_version,
    make_pdf as make_pdf,
)
from .filling import filler as filler
from .processes import in_parallel as in_parallel
from .rendering import check_templates as check_templates, fingerprint as fingerprint, render as render
from .tables import cut as cut, table_width as table_width
from .text import fill as fill, merged as merged
from .translations import (
    ORIGINAL as ORIGINAL,
    catalogue as catalogue,
    language as language,
    languages as languages,
    spoken as spoken,
    words as words,
)
