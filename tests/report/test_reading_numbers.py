"""Prose about numbers reads the numbers: far uses fade only where every factor is below one."""

import numpy as np
import pytest

from symrnn.document import render
from symrnn.report import certify_job, read_job


@pytest.mark.parametrize(
    ("scale", "said"), [(0.1, "all of them below one"), (5.0, "not all of them below one")]
)
def test_far_uses_fade_only_where_the_factors_do(scale, said, job_file):
    file = job_file(
        ("seed = 7", 'parameters = "p.npz"'), ('"tanh"', '"identity"'), ('wrt = ["b"]', 'wrt = ["W"]')
    )
    shapes = {"U": (3, 2), "b": (3,), "V": (4, 3), "c": (4,)}
    arrays = {name: 0.1 * np.ones(shape) for name, shape in shapes.items()}
    np.savez(file.parent / "p.npz", W=scale * np.eye(3), **arrays)
    html = render(certify_job(read_job(file))[0], "html")  # the identity: every factor is W
    assert said in html and ("so far uses fade" in html) is (scale < 1)
    assert f"<mn>{scale:.2f}</mn>" in html


def test_a_fixed_matrix_may_keep_the_past(job_file):
    lstm = (
        ('"elman"', '"lstm"'),
        ('activation = "tanh"\n', ""),
        ("s = [0.3", "h = [0.3"),
        ('wrt = ["b"]', ""),
    )
    html = render(certify_job(read_job(job_file(*lstm)))[0], "html")
    assert (
        "which no fixed matrix allows" not in html and "A fixed matrix does the same at every step." in html
    )
