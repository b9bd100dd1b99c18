"""One question: how one matrix of the recurrence reaches a late loss; what handouts and exercises ask."""

from __future__ import annotations

from symrnn.jobdata import JobError
from symrnn.network import OrderedNetwork
from symrnn.onestep import OneStep
from symrnn.tensor import Variable


def recurrent_matrices(network: OrderedNetwork) -> list[Variable]:
    """Return the matrices that act on the loss through the states."""
    state = network[network.states[0], 1]
    return [v for v in network.given if v.time is None and v.rank == 2 and network.depends(state, v)]


def one_question(
    place: str, kind: str, network: OrderedNetwork, of: Variable, wrt: tuple[Variable, ...]
) -> None:
    """Check that a job asks how one matrix of the recurrence reaches a late loss."""
    if int(of.time) < 2:
        raise JobError(
            f"{place}: of is {of}; kind {kind!r} tells how an effect travels; accepted: L[2] or later"
        )
    if len(network.states) > 1 or OneStep(network).branches:
        raise JobError(
            f"{place}: kind {kind!r} tells one path for each use; {network.name} has several;"
            f" accepted: a cell with one state and no gates, or kind 'derivation'"
        )
    acting = recurrent_matrices(network)
    if len(wrt) != 1 or wrt[0] not in acting:
        named, accepted = (", ".join(str(v) for v in several) for several in (wrt, acting))
        raise JobError(
            f"{place}: wrt names {named}; kind {kind!r} asks one question; accepted: one of {accepted}"
        )
