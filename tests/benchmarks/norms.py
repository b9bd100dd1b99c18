"""How long the norms of ∂s_T/∂s_k take for all k of many networks: what an experiment about vanishing asks.

``python -m tests.benchmarks.norms [NETWORKS]``. Each network has weights of its own, so its one-step
Jacobians come from a call of its own; the products back from T and the norms are taken of many networks side
by side. Some networks are compared with ``symrnn.norms``, whose last row is what is asked for.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

import symrnn
from symrnn.numeric.arguments import read_arguments
from symrnn.numeric.jacobians import one_steps

NETWORKS, TOGETHER = 10_000, 250
SIZES, STEPS = {"n": 4, "d": 16, "m": 4}, 100
CHECKED = 500  # every so many networks one is compared


def last_row(one_step: Any) -> Any:
    """Return the spectral norms of ∂s_T/∂s_k, shape (networks, T+1), from Jacobians (networks, T, S, S)."""
    networks, steps, size, _ = one_step.shape
    products = np.empty((networks, steps + 1, size, size))
    products[:, steps] = np.eye(size)
    for k in range(steps, 0, -1):
        np.matmul(products[:, k], one_step[:, k - 1], out=products[:, k - 1])
    return np.linalg.norm(products, 2, axis=(-2, -1))


def main() -> None:
    """Print the seconds of both parts."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else NETWORKS
    cell, rng = symrnn.Cell.load("elman"), np.random.default_rng(0)
    inputs = rng.normal(size=(STEPS, SIZES["n"]))
    shapes = {name: [SIZES[axis] for axis in axes] for name, axes in cell.parameters.items()}

    def drawn() -> dict[str, Any]:
        spread = rng.uniform(0.5, 3) / np.sqrt(SIZES["d"])
        return {name: rng.normal(scale=spread, size=shape) for name, shape in shapes.items()}

    one_steps(read_arguments(cell, drawn(), inputs))  # derives, once for a cell
    steps = products = 0.0
    for begin in range(0, count, TOGETHER):
        networks = [drawn() for _ in range(min(TOGETHER, count - begin))]
        since = time.perf_counter()
        jacobians = np.stack([one_steps(read_arguments(cell, each, inputs)) for each in networks])
        between = time.perf_counter()
        found = last_row(jacobians)
        steps, products = steps + between - since, products + time.perf_counter() - between
        if begin % CHECKED == 0:
            np.testing.assert_allclose(
                found[0], symrnn.norms(cell, networks[0], inputs)["norm"][-1], rtol=1e-10, atol=1e-300
            )
    print(
        f"{count} networks, d = {SIZES['d']}, T = {STEPS}: {steps + products:.1f} s, of which {steps:.1f} s"
        f" for one-step Jacobians and {products:.1f} s for products and norms"
    )


if __name__ == "__main__":
    main()
