from .job import read_job as read_job
from .output import write_files as write_files
from .printable import check_printable as check_printable
from .report import (
    FORMATS as FORMATS,
    certificate_of as certificate_of,
    certify_job as certify_job,
    make_report as make_report,
)
from .stamps import STAMP as STAMP, mixed as mixed, write_stamped as write_stamped
from .variants import make_variants as make_variants, order as order
