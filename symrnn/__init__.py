"""symrnn: derive, verify and typeset gradients of recurrent networks; what is printed is what was checked.

Write the forward equations of a recurrent cell, unroll them, and derive every gradient by named rules;
each step is certified against NumPy, SymPy and its own printed form.

>>> import symrnn
>>> network = symrnn.Cell.load("elman").unroll(steps=2)
>>> derivation = symrnn.derive(symrnn.Total(network["L", 2], network["W"]), network)
>>> symrnn.certify(derivation, seed=0).holds
True
"""

import lazy_loader

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = lazy_loader.attach(  # as in the stub, which would take 13 ms to read
    __name__,
    submod_attrs={
        "certificate": ["Certificate", "certify"],
        "derivation": ["Derivation", "backward", "derive", "element"],
        "model": ["Cell"],
        "notation": ["in_latex"],
        "numeric": [
            "adjoints",
            "contributions",
            "forward",
            "gradients",
            "immediate",
            "norms",
            "sensitivities",
            "state_jacobians",
            "truncated_gradients",
        ],
        "tensor": ["Direct", "Immediate", "Partial", "SymrnnError", "Total"],
    },
)
