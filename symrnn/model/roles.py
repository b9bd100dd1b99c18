"""Roles: what the input, the target, the logits, the prediction and the loss of a network are called.

Cell files and losses call them by these names; everything else asks a cell or a network
(``network.roles.loss``), so that no other place knows a role by its spelling.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Roles:
    """Names of the signals that have a role.

    Attributes
    ----------
    input, target, logits : str
        Given at every step, given where a loss counts, computed at every step.
    prediction : str
        What the loss computes of the logits, such as ŷ, where it does.
    loss : str
        Of one step; without a time, their weighted sum.
    """

    input: str = "x"
    target: str = "y"
    logits: str = "z"
    prediction: str = "yhat"
    loss: str = "L"


ROLES = Roles()
