"""Spectral norms of the Jacobians ∂s_t/∂s_k of an Elman network, and their bounds, one product after another.

A spectral norm is the square root of the largest eigenvalue of JᵀJ here. γ is written down for each
activation: the largest slope is that at 0, and for the rectifier that of any positive number.

References
----------
Pascanu, Mikolov, Bengio (2013), On the difficulty of training recurrent neural networks, ICML, 1310-1318.
"""

import numpy as np

from . import elman

GAMMA = {"tanh": 1.0, "sigmoid": 0.25, "relu": 1.0, "identity": 1.0}


def spectral(matrix):
    """Return the spectral norm."""
    return np.sqrt(max(np.linalg.eigvalsh(matrix.T @ matrix)[-1], 0.0))


def norms(parameters, inputs, initial, activation):
    """Return norm, bound and data_bound, each (T+1, T+1): 1 where t = k, 0 where t < k."""
    jacobians = elman.state_jacobians(parameters, inputs, initial, activation)
    targets = np.zeros((len(inputs), len(parameters["c"])))
    run = elman.forward(parameters, inputs, targets, initial, activation, "squared_error")
    slopes, size = np.abs(elman.ACTIVATIONS[activation][1](run["a"])), spectral(parameters["W"])
    T = len(inputs)
    found = {name: np.zeros((T + 1, T + 1)) for name in ("norm", "bound", "data_bound")}
    for t in range(T + 1):
        for k in range(t + 1):
            found["norm"][t, k] = spectral(jacobians[t, k])
            found["bound"][t, k] = (GAMMA[activation] * size) ** (t - k)
            product = 1.0
            for j in range(k + 1, t + 1):
                product *= max(slopes[j - 1]) * size
            found["data_bound"][t, k] = product
    return found
