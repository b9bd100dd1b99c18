"""Cells that once broke a law, as small as they get; what they broke is their name."""

HEAD = 'name = "Kept"\nsource = "drawn at random, then shrunk"\n'


def cell(states: str, parameters: str, equations: str, signals: str = "") -> str:
    """Return a cell file from short notation.

    Parameters
    ----------
    states : str
        Such as ``s h``.
    parameters, signals : str
        Such as ``W: d d; b: d``.
    equations : str
        One in a line.
    """
    lines = [HEAD + "states = [" + ", ".join(f'"{name}"' for name in states.split()) + "]"]
    for title, table in (("signals", signals), ("parameters", parameters)):
        lines.append(f"[{title}]")
        for entry in filter(None, table.split(";")):
            name, _, axes = entry.partition(":")
            lines.append(f"{name.strip()} = [" + ", ".join(f'"{axis}"' for axis in axes.split()) + "]")
    lines.append("[equations]")
    for line in equations.strip().splitlines():
        name, _, text = line.partition("=")
        lines.append(f'{name.strip()} = "{text.strip()}"')
    return "\n".join(lines) + "\n"


CELLS = {
    "a share that a part of another equation is taken of": cell(
        "s h",
        "W: d d; V: m d; b: d; A: d n; B: d d",
        """
        a = b + b * s[t-1]
        f = sigmoid(s[t-1] + a[t] + A @ x[t])
        s = (1 - f[t]) * s[t-1] + f[t] * tanh(W @ a[t])
        u = sigmoid(B @ f[t])
        h = f[t] * h[t-1] + u[t] * tanh(1 - f[t])
        z = V @ s[t]
        """,
    ),
    "a name that ends like the index of an entry": cell(
        "s",
        "W: d d; U: d n; V: m d; w_p: m",
        """
        w = tanh(U @ x[t])
        s = tanh(W @ s[t-1] + w[t])
        z = V @ s[t] - w_p
        """,
    ),
    "a part that only a later equation needs by name": cell(
        "s",
        "U: d n; W: d d; V: m d; b: d",
        """
        g = tanh(b + b * s[t-1])
        s = g[t] * tanh(W @ (b * s[t-1]) + U @ x[t])
        z = V @ s[t]
        """,
    ),
    "a product that is also multiplied once more": cell(
        "s",
        "U: d n; W: d d; V: m d",
        """
        s = 1/2 * s[t-1] + tanh(U @ x[t] + W @ (U @ x[t]))
        z = V @ s[t]
        """,
    ),
    "a matrix times a matrix times a vector": cell(
        "s",
        "A: d n; B: n d; V: m d",
        """
        s = A @ (B @ s[t-1] + x[t])
        z = V @ s[t]
        """,
    ),
    "a vector times a matrix times a vector": cell(
        "s",
        "W: d d; U: d n; V: m d",
        """
        s = tanh(W @ s[t-1] + U @ x[t])
        q = s[t] @ (W @ s[t])
        z = V @ s[t]
        """,
    ),
    "a matrix on a sum, entry by entry": cell(
        "s",
        "U: d n; V: m d",
        """
        s = sigma(s[t-1] + U @ x[t] + 1)
        z = V @ (1 - s[t])
        """,
    ),
    "an input that is read entry by entry": cell(
        "s",
        "V: m n",
        """
        s = sigma(x[t] + s[t-1])
        z = V @ s[t]
        """,
        signals="s: n",
    ),
    "an input inside the activation": cell(
        "s",
        "W: d n; V: m d",
        """
        s = sigma(W @ x[t] + s[t-1])
        z = V @ s[t]
        """,
    ),
    "a state behind the logits": cell(
        "s h",
        "W: d d; U: d n; V: m d",
        """
        s = sigma(W @ h[t-1] + U @ x[t])
        z = V @ s[t]
        a = s[t] * h[t-1]
        h = tanh(a[t])
        """,
    ),
    "a state that reads the logits": cell(
        "s",
        "b: d; W: d n; U: m d; V: d m",
        """
        a = sigma(s[t-1] + W @ x[t] + b)
        z = U @ s[t-1]
        s = exp(tanh(a[t] - (V @ z[t]))) - sigmoid(s[t-1])
        """,
    ),
    "softmax inside a step, entry by entry": cell(
        "s",
        "b: d; W: d n; V: m d",
        """
        s = log(softmax(b * s[t-1])) * tanh(W @ x[t])
        z = V @ s[t]
        """,
    ),
    "an index letter that is also in a name": cell(
        "s h",
        "b: d; b_i: d; b_j: d; W: d d; U: d n; V: m d",
        """
        s = sigma(W @ (b * h[t-1]) + U @ x[t])
        h = b_i * s[t] + b_j * (W @ (b * h[t-1]))
        z = V @ h[t]
        """,
    ),
    "more sums in one term than there were letters": cell(
        "s",
        "W: d d; U: d n; V: m d",
        """
        a = (W @ s[t-1]) * (U @ x[t]) * (W @ s[t-1]) * (U @ x[t])
        f = a[t] * (W @ s[t-1]) * (U @ x[t]) * (W @ s[t-1])
        s = tanh(f[t] * (W @ s[t-1]) * (U @ x[t]))
        z = V @ s[t]
        """,
    ),
    "one matrix at two places of an equation": cell(
        "s",
        "U: d n; W: d d; V: m d",
        """
        a = U @ x[t] + W @ s[t-1] + W @ (2 * s[t-1]) + sigmoid(U @ x[t])
        s = sigma(a[t])
        z = V @ s[t]
        """,
    ),
    "a state that depends on parameters alone": cell(
        "s",
        "b: d; W: m n; U: m d",
        """
        s = sigma(b)
        z = U @ s[t] + W @ x[t]
        """,
    ),
    "logits that depend on parameters alone": cell(
        "s",
        "W: d n; b: m; c: m",
        """
        s = sigma(W @ x[t])
        z = sigma(b + c)
        """,
    ),
    "functions of parameters inside each other": cell(
        "h",
        "b: d; c: d; W: d n; V: m d",
        """
        g = sigmoid(c)
        h = g[t] * h[t-1] + tanh(sigmoid(b)) * tanh(W @ x[t] - c)
        z = V @ h[t]
        """,
    ),
    "a matrix times a parameter vector": cell(
        "s",
        "W: d n; b: n; V: m d",
        """
        s = sigma(s[t-1] + W @ x[t]) * tanh(W @ b)
        z = V @ s[t]
        """,
    ),
    "a gate of parameters alone before a matrix": cell(
        "s",
        "W: d n; b: e; V: m e; A: m d",
        """
        s = sigma(W @ x[t])
        a = sigmoid(b)
        z = A @ s[t] + V @ a[t]
        """,
    ),
    "a state on an axis that no parameter has": cell(
        "s",
        "U: m n; b: m",
        """
        z = (U @ x[t]) * b + 2
        s = 3 * log(sigmoid(tanh(s[t-1])))
        """,
        signals="s: e",
    ),
    "two names for one parameter": cell(
        "s",
        "W: d n; b: d; A: m d",
        """
        s = sigma(W @ x[t] + b * s[t-1])
        f = b
        z = A @ (s[t] * f[t])
        """,
    ),
    "a number that nothing but itself reads": cell(
        "s",
        "W: d n; V: m d",
        """
        s = tanh(W @ x[t] + s[t-1])
        z = V @ s[t]
        o = x[t] @ x[t]
        """,
    ),
    "a signal that equals a part of what another activation reads": cell(
        "s h",
        "W: d d; U: d n; c: d; V: m d",
        """
        f = sigmoid(U @ x[t] + W @ h[t-1] + c * s[t-1])
        g = c * s[t-1]
        s = f[t] * s[t-1] + g[t]
        h = tanh(s[t])
        z = V @ h[t]
        """,
    ),
}
