"""The same networks in torch, JAX and CasADi, forward and backward, for comparison.

Each contender is ``prepare(problem)``, which returns ``run()``; see ``problems``. Frameworks keep their own
layouts and draw no random numbers: parameters are those of the problem, converted once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .problems import Arrays, Problem, Run

TORCH_GATES = {"lstm": ("i", "f", "g", "o"), "gru": ("r", "z", "n")}


def _torch_module(problem: Problem) -> tuple[Any, Any]:
    """Return the recurrent module of a cell and the readout, with the problem's parameters."""
    import torch

    _, d, n, _ = problem.size
    p = {name: torch.tensor(array) for name, array in problem.parameters.items()}
    kinds = {"elman": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
    module, readout = (
        kinds[problem.cell](n, d, dtype=torch.float64),
        torch.nn.Linear(d, n, dtype=torch.float64),
    )
    if problem.cell == "elman":
        parts: dict[str, Any] = {"weight_ih_l0": p["U"], "weight_hh_l0": p["W"], "bias_ih_l0": p["b"]}
        parts["bias_hh_l0"] = torch.zeros(d, dtype=torch.float64)
        readout_parts = (p["V"], p["c"])
    else:
        gates = TORCH_GATES[problem.cell]
        parts = {
            "weight_ih_l0": torch.cat([p[f"U_{g}"] for g in gates]),
            "weight_hh_l0": torch.cat([p[f"W_{g}"] for g in gates]),
            "bias_ih_l0": torch.cat([p[f"b_{g}"] for g in gates]),
        }
        hidden = torch.zeros(len(gates) * d, dtype=torch.float64)
        if problem.cell == "gru":
            hidden[2 * d :] = p["b_hn"]
        parts["bias_hh_l0"] = hidden
        readout_parts = (p["V"], p["c_out"])
    with torch.no_grad():
        for name, value in parts.items():
            getattr(module, name).copy_(value)
        readout.weight.copy_(readout_parts[0])
        readout.bias.copy_(readout_parts[1])
    return module, readout


def _torch(problem: Problem, compiled: bool) -> Run:
    import torch

    module, readout = _torch_module(problem)
    _, d, n, _ = problem.size
    x = torch.tensor(problem.x, requires_grad=True)
    classes = torch.tensor(problem.classes.reshape(-1))
    states = [torch.tensor(array[None], requires_grad=True) for array in problem.initial.values()]

    def loss_of(x: Any, *states: Any) -> Any:
        start = tuple(states) if problem.cell == "lstm" else states[0]
        z = readout(module(x, start)[0])
        return torch.nn.functional.cross_entropy(z.reshape(-1, n), classes, reduction="sum")

    forward = torch.compile(loss_of) if compiled else loss_of
    leaves = [x, *states, *module.parameters(), *readout.parameters()]

    def run() -> tuple[float, Arrays]:
        for leaf in leaves:
            leaf.grad = None
        loss = forward(x, *states)
        loss.backward()
        found = {"x": x.grad, **{f"{s}0": leaf.grad[0] for s, leaf in zip(problem.initial, states)}}
        found |= _torch_gradients(problem, module, readout, d)
        return float(loss.detach()), {name: value.numpy() for name, value in found.items()}

    return run


def _torch_gradients(problem: Problem, module: Any, readout: Any, d: int) -> Arrays:
    """Return the gradients by their names in the problem."""
    u, w = module.weight_ih_l0.grad, module.weight_hh_l0.grad
    b, b_hidden = module.bias_ih_l0.grad, module.bias_hh_l0.grad
    if problem.cell == "elman":
        return {"U": u, "W": w, "b": b, "V": readout.weight.grad, "c": readout.bias.grad}
    found = {"V": readout.weight.grad, "c_out": readout.bias.grad}
    for number, gate in enumerate(TORCH_GATES[problem.cell]):
        rows = slice(number * d, (number + 1) * d)
        found |= {f"U_{gate}": u[rows], f"W_{gate}": w[rows], f"b_{gate}": b[rows]}
    if problem.cell == "gru":
        found["b_hn"] = b_hidden[2 * d :]
    return found


def torch_autograd(problem: Problem) -> Run:
    """torch.nn's recurrent module under autograd."""
    return _torch(problem, compiled=False)


def torch_compiled(problem: Problem) -> Run:
    """The same through torch.compile."""
    return _torch(problem, compiled=True)


def jax_scan(problem: Problem) -> Run:
    """jit of value_and_grad over lax.scan."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    sigmoid = jax.nn.sigmoid

    def elman(p: Any, carry: Any, x: Any) -> Any:
        s = jnp.tanh(x + carry[0] @ p["W"].T)
        return (s,), s

    def lstm(p: Any, carry: Any, x: Any) -> Any:
        h, c = carry
        i, f, g, o = jnp.split(x + h @ p["W"].T, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(g)
        h = sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    def gru(p: Any, carry: Any, x: Any) -> Any:
        h = carry[0]
        r, z, q = jnp.split(h @ p["W"].T, 3, axis=-1)
        x_r, x_z, x_n = jnp.split(x, 3, axis=-1)
        r, z = sigmoid(x_r + r), sigmoid(x_z + z)
        h = (1 - z) * jnp.tanh(x_n + r * (q + p["b_hn"])) + z * h
        return (h,), h

    step = {"elman": elman, "lstm": lstm, "gru": gru}[problem.cell]
    gates = TORCH_GATES.get(problem.cell, ("",))
    classes = jnp.asarray(problem.classes)

    def loss_of(p: Any, initial: Any, x: Any) -> Any:
        def joined(kind: str) -> Any:
            return jnp.concatenate([p[f"{kind}_{g}" if g else kind] for g in gates])

        inputs = x @ joined("U").T + joined("b")
        whole = {"W": joined("W"), "b_hn": p.get("b_hn")}
        _, h = jax.lax.scan(lambda carry, u: step(whole, carry, u), initial, inputs)
        z = h @ p["V"].T + p["c" if problem.cell == "elman" else "c_out"]
        chosen = jnp.take_along_axis(jax.nn.log_softmax(z), classes[..., None], axis=-1)
        return -chosen.sum()

    compiled = jax.jit(jax.value_and_grad(loss_of, argnums=(0, 1, 2)))
    initial = tuple(problem.initial.values())  # a dictionary would be sorted by name
    p, initial, x = (jax.tree.map(jnp.asarray, v) for v in (problem.parameters, initial, problem.x))

    def run() -> tuple[float, Arrays]:
        loss, (by_parameter, by_start, by_x) = jax.block_until_ready(compiled(p, initial, x))
        starts = {f"{state}0": value for state, value in zip(problem.initial, by_start)}
        return float(loss), {n: np.asarray(v) for n, v in {**by_parameter, **starts, "x": by_x}.items()}

    return run


def casadi_graph(problem: Problem) -> Run:
    """Reverse mode over CasADi's matrix graph, one function of a step called T times, evaluated in place."""
    import casadi as ca

    T, d, n, B = problem.size
    if T * d * B > 10_000:
        raise RuntimeError("its products are plain loops, which takes minutes at this size")
    gates = TORCH_GATES.get(problem.cell, ("",))
    p = {k: ca.MX.sym(k, *(*a.shape, 1)[:2]) for k, a in problem.parameters.items()}
    start = [ca.MX.sym(f"{s}0", d, B) for s in problem.initial]
    x, y = ca.MX.sym("x", n, T * B), ca.MX.sym("y", n, T * B)

    def joined(kind: str) -> Any:
        return ca.vertcat(*(p[f"{kind}_{g}" if g else kind] for g in gates))

    def sigmoid(u: Any) -> Any:
        return 1 / (1 + ca.exp(-u))

    def elman(u: Any, w: Any, _: Any, s: Any) -> Any:
        return (ca.tanh(u + w @ s),)

    def lstm(u: Any, w: Any, _: Any, h: Any, c: Any) -> Any:
        i, f, g, o = ca.vertsplit(u + w @ h, d)
        c = sigmoid(f) * c + sigmoid(i) * ca.tanh(g)
        return sigmoid(o) * ca.tanh(c), c

    def gru(u: Any, w: Any, b: Any, h: Any) -> Any:
        (r, z, q), (u_r, u_z, u_n) = ca.vertsplit(w @ h, d), ca.vertsplit(u, d)
        r, z = sigmoid(u_r + r), sigmoid(u_z + z)
        return ((1 - z) * ca.tanh(u_n + r * (q + ca.repmat(b, 1, B))) + z * h,)

    inputs = joined("U") @ x + ca.repmat(joined("b"), 1, T * B)
    shapes = {"u": (len(gates) * d, B), "w": (len(gates) * d, d), "b": (d, 1)}
    shapes |= {state: (d, B) for state in problem.initial}
    given = [ca.MX.sym(name, *shape) for name, shape in shapes.items()]
    body = {"elman": elman, "lstm": lstm, "gru": gru}[problem.cell]
    step = ca.Function("step", given, list(body(*given)))
    states, seen, bias = tuple(start), [], p.get("b_hn", ca.MX.zeros(d, 1))
    for u in ca.horzsplit(inputs, B):
        states = step(u, joined("W"), bias, *states)
        states = states if isinstance(states, tuple) else (states,)
        seen.append(states[0])
    z = p["V"] @ ca.horzcat(*seen) + ca.repmat(p["c" if problem.cell == "elman" else "c_out"], 1, T * B)
    loss = ca.sum2(ca.log(ca.sum1(ca.exp(z))) - ca.sum1(y * z))
    wanted = [*p.values(), *start, x]
    graph = ca.Function("all", [*wanted, y], [loss, *(ca.gradient(loss, v) for v in wanted)])
    flat = (np.moveaxis(a, -1, 0).reshape(n, -1) for a in (problem.x, problem.y))
    values = [*problem.parameters.values(), *(a.T for a in problem.initial.values()), *flat]
    values = [np.asfortranarray(a) for a in values]
    total, found = np.zeros(1), [np.zeros(a.shape, order="F") for a in values[:-1]]
    buffer, evaluate = graph.buffer()
    for number, array in enumerate(values):
        buffer.set_arg(number, memoryview(array.T.reshape(-1)))
    for number, array in enumerate((total, *found)):
        buffer.set_res(number, memoryview(array.T.reshape(-1)))
    names = [*problem.parameters, *(f"{s}0" for s in problem.initial), "x"]

    def run() -> tuple[float, Arrays]:
        assert buffer and values  # they live as long as this function: CasADi keeps their addresses only
        evaluate()
        grads = dict(zip(names, found)) | {"x": found[-1].T.reshape(T, B, n)}
        return float(total[0]), grads | {f"{s}0": grads[f"{s}0"].T for s in problem.initial}

    return run


def ours(problem: Problem, engine: str) -> Run:
    """Generated code, by plain NumPy or compiled by numba."""
    from symrnn.model import Cell
    from symrnn.numeric import program

    code = program(Cell.load(problem.cell))
    parameters = {name: problem.parameters[name] for name in code.signature.cell.parameters}
    weights = np.ones(problem.classes.shape)

    def run() -> tuple[float, Arrays]:
        return code.run(parameters, problem.x, problem.y, problem.initial, weights, engine)  # type: ignore[arg-type]

    return run
