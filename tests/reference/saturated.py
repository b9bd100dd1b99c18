"""Points at which gates, logits and states saturate, drawn for the three cells of ``precise``.

What a point must not do is to cancel: a sum of terms that are 1 and -1 up to 1e-20 says nothing about the
difference in floats, whatever the formulas are. So targets are the classes that are predicted, and a GRU gets
no large weights: its states and candidates are then 1 and -1, and it subtracts one from the other. With large
weights one LSTM has a cell state of 1 - 1, so its seed is left out.
"""

import numpy as np

SIZES = {"n": 2, "d": 3, "m": 4}
STEPS = 4
GATES = {"elman": ("b",), "lstm": ("b_i", "b_f", "b_o", "b_g"), "gru": ("b_r", "b_z")}
STATES = {"elman": ("s",), "lstm": ("h", "c"), "gru": ("h",)}
WAYS = {  # the biases of the gates, the norm of the weights (0: as drawn), what the logits are multiplied by
    "as drawn": (0.0, 0.0, 1.0),
    "open at 20": (20.0, 0.0, 1.0),
    "closed at 20": (-20.0, 0.0, 1.0),
    "open at 40": (40.0, 0.0, 1.0),
    "closed at 40": (-40.0, 0.0, 1.0),
    "open at 300": (300.0, 0.0, 1.0),
    "closed at 300": (-300.0, 0.0, 1.0),
    "open beyond all numbers": (800.0, 0.0, 1.0),
    "closed beyond all numbers": (-800.0, 0.0, 1.0),
    "large logits": (0.0, 0.0, 1e4),
    "large weights": (0.0, 1e3, 1.0),
}


def point(shapes, cell, way, start, seed):
    """Return parameters, inputs, one-hot targets and initial states, which are zero if ``start`` is."""
    rng = np.random.default_rng(seed)
    gate, norm, logits = WAYS[way]
    p = {name: rng.normal(size=[SIZES[a] for a in axes]) for name, axes in shapes.items()}
    for name in p:
        if norm and name.startswith(("U", "W")):
            p[name] *= norm / np.linalg.norm(p[name], 2)
    for name in GATES[cell]:
        p[name] = p[name] / 2 + gate
    p["V"] *= logits
    x = rng.normal(size=(STEPS, SIZES["n"]))
    initial = {state: start * rng.normal(size=SIZES["d"]) / 2 for state in STATES[cell]}
    return p, x, initial


CASES = [(cell, way) for cell in GATES for way in WAYS if (cell, way) != ("gru", "large weights")]


def seeds(cell, way):
    return [seed for seed in range(3) if (cell, way, seed) != ("lstm", "large weights", 1)]
