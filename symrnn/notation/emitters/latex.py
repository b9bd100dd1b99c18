r"""The LaTeX emitter: a layout tree as plain, readable LaTeX mathematics.

Only constructs that a reader and a small parser know: ``\frac``, ``_{}``, ``^{}``, ``\left( \right)``,
``bmatrix``. The two roles become ``\textcolor{expl}{}`` and ``\textcolor{impl}{}``; the document defines the
colours. Plain text is made harmless by ``escape``: no character of it keeps a meaning for TeX.
"""

from __future__ import annotations

import re
import unicodedata

from symrnn.notation.tree import (
    GREEK,
    Accent,
    BigSum,
    Cases,
    Coloured,
    Fraction,
    Group,
    Hidden,
    Matrix,
    Name,
    Number,
    Operator,
    Role,
    Row,
    Script,
    Symbol,
    Tree,
    Underbrace,
    Words,
    is_tall,
)


class Latex(str):
    """LaTeX source made by an emitter or a template: never escaped again."""

    __slots__ = ()


OPERATORS = {
    "~": r"\approx",
    "<=": r"\le",
    ">=": r"\ge",
    "comma": ",",
    "semicolon": ";",
    "colon": ":",
    "thin": r"\,",
    "prime": "'",
    "slash": "/",
    "period": ".",
    "bar": r"\mid",
} | {sign: sign for sign in "+-=<>"}
OPERATORS |= {name: "\\" + name for name in ("times", "odot", "otimes", "circ", "quad", "in", "to")}
OPERATORS |= {name: "\\" + name for name in ("cdots", "vdots", "ddots", "dots")}

SYMBOLS = {name: "\\" + name for name in GREEK} | {"epsilon": r"\varepsilon", "phi": r"\varphi"}
SYMBOLS |= {"partial": r"\partial", "loss": r"\mathcal{L}", "top": r"\top", "ones": r"\mathbf{1}"}

TEX_NAMES = ("log", "exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min", "det", "dim")
TIGHT = tuple(Operator(name) for name in ("prime", "comma", "semicolon", "period"))
_BREAK = r" \\ "
BRACKETS = {"(": ("(", ")"), "[": ("[", "]"), "|": ("|", "|"), "||": (r"\|", r"\|")}
COLOURS: dict[Role, str] = {"explicit": "expl", "implicit": "impl"}


def latex(tree: Tree) -> Latex:
    r"""Write a layout tree in LaTeX, for math mode.

    >>> s = Script(Symbol("s"), sub=Row((Symbol("k"), Operator("-"), Number("1"))))
    >>> print(latex(Fraction(Row((Script(Symbol("partial"), sup=Operator("+")), s)), Symbol("W"))))
    \frac{\partial^{+} s_{k-1}}{W}
    """
    match tree:
        case Symbol(name):
            return Latex(_symbol(name))
        case Number():
            return Latex(_number(tree))
        case Operator(operator) if operator in OPERATORS:
            return Latex(OPERATORS[operator])
        case Name(word) if word in TEX_NAMES:
            return Latex("\\" + word)
        case Name(word) if word.isascii() and word.isalpha():
            return Latex(rf"\operatorname{{{word}}}")
        case Name(word) | Words(word):
            return Latex(rf"\text{{{escape(word)}}}")
        case Row(items):
            return Latex(_join(items, loose=True))
        case Accent(kind, body):
            return Latex(rf"\{kind}{{{latex(body)}}}")
        case Script():
            return Latex(_script(tree))
        case Fraction(top, bottom):
            return Latex(rf"\frac{{{latex(top)}}}{{{latex(bottom)}}}")
        case Group(body, bracket):
            left, right = BRACKETS[bracket]
            if is_tall(body):
                return Latex(rf"\left{left} {latex(body)} \right{right}")
            return Latex(f"{left}{latex(body)}{right}" if left != r"\|" else rf"\| {latex(body)} \|")
        case BigSum(lower, upper, operation):
            big = r"\sum" if operation == "sum" else r"\prod"
            return Latex(big + _slot("_", lower) + _slot("^", upper))
        case Matrix(rows):
            return Latex(_environment("bmatrix", rows))
        case Cases(branches):
            return Latex(_environment("cases", branches))
        case Underbrace(body, label, role):
            return Latex(rf"\underbrace{{{latex(body)}}}_{{{_label(label, role)}}}")
        case Coloured(body, role):
            return Latex(rf"\textcolor{{{COLOURS[role]}}}{{{latex(body)}}}")
        case Hidden(body):
            signed = isinstance(body, Row) and isinstance(body.items[0], Operator)  # a sign keeps its spaces
            return Latex(rf"\hidden{{{'{}' if signed else ''}{latex(body)}}}")
    raise NotImplementedError(f"no LaTeX for {tree!r}")


def _symbol(name: str) -> str:
    if name in SYMBOLS:
        return SYMBOLS[name]
    if not (name.isascii() and name.isalnum() and len(name) <= 24):
        raise ValueError(f"a symbol is named by letters and digits, not {name!r}")
    return name if len(name) == 1 else rf"\mathrm{{{name}}}"


def _number(number: Number) -> str:
    if number.exponent is None:
        return number.mantissa
    power = f"10^{{{number.exponent}}}"
    return number.sign + (rf"{number.digits} \times {power}" if number.digits else power)


def _join(items: tuple[Tree, ...], loose: bool) -> str:
    """Write pieces side by side, with blanks where TeX needs them and, if ``loose``, where they help."""
    out = ""
    for before, item, following in zip((None, *items), items, (*items[1:], None)):
        part = str(latex(item))
        if following == Operator("prime") and isinstance(item, Script) and item.sup is not None:
            part = f"{{{part}}}"  # x^{2}' would be a double superscript
        letters = out[-1:].isalpha() and part[:1].isalpha()
        needed = letters and re.search(r"\\[A-Za-z]+$", out) is not None
        applied = before == Operator("prime") or not isinstance(before, Operator)
        closes = item in TIGHT or (isinstance(item, Group) and applied)
        helpful = loose and out != "" and not closes
        out += (" " if needed or helpful else "") + part
    return out


def _slot(mark: str, content: Tree | None) -> str:
    if content is None or content == Row(()):
        return ""
    items = content.items if isinstance(content, Row) else (content,)
    return f"{mark}{{{_join(items, loose=False)}}}"


def _script(script: Script) -> str:
    """Write a base with its scripts; a base that already has one, or spans several pieces, is braced."""
    base, sub, sup = script.base, script.sub, script.sup
    if isinstance(base, Script) and not (base.sub and sub) and not (base.sup and sup):
        return _script(Script(base.base, base.sub or sub, base.sup or sup))
    primed = isinstance(base, Row) and len(base.items) == 2 and base.items[1] == Operator("prime")
    atomic = primed or isinstance(
        base, Symbol | Number | Name | Accent | Group | Matrix | Coloured | Operator
    )
    body = latex(base) if atomic else f"{{{latex(base)}}}"
    return body + _slot("_", sub) + _slot("^", sup)


def _environment(name: str, rows: tuple[tuple[Tree, ...], ...]) -> str:
    lines = [" & ".join(latex(cell).replace(r"\frac", r"\dfrac") for cell in row) for row in rows]
    return rf"\begin{{{name}}} " + _BREAK.join(lines) + rf" \end{{{name}}}"


def _label(label: str, role: Role | None) -> str:
    words = [rf"\text{{ {escape(line)} }}" for line in label.split("\n")]  # blanks keep neighbours apart
    if role is not None:
        words = [rf"\textcolor{{{COLOURS[role]}}}{{{word}}}" for word in words]
    return words[0] if len(words) == 1 else rf"\substack{{{_BREAK.join(words)}}}"


_SPECIAL = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\`{}",  # \textasciigrave is a bitmap in some families
    "[": "{[}",  # never the optional argument of a command before it
    "]": "{]}",
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "…": r"\dots{}",
    "\u00a0": "~",
} | {sign: "\\" + sign for sign in "{}$&#%_"}
_MATH = {letter: "\\" + name for name, letter in GREEK.items()} | {"ε": r"\varepsilon", "φ": r"\varphi"}
_MATH |= {"∂": r"\partial", "∑": r"\sum", "∏": r"\prod", "∈": r"\in", "∞": r"\infty", "√": r"\surd"}
_MATH |= {"→": r"\to", "←": r"\leftarrow", "≤": r"\le", "≥": r"\ge", "≈": r"\approx", "≠": r"\ne", "−": "-"}
_MATH |= {"×": r"\times", "·": r"\cdot", "⊙": r"\odot", "⊗": r"\otimes", "±": r"\pm", "‖": r"\|", "′": "'"}
_MATH |= {"ᵀ": r"^{\top}", "⊤": r"\top", "⁺": "^{+}", "⁻": "^{-}", "ℒ": r"\mathcal{L}", "⋯": r"\cdots"}
_MATH |= {mark: f"^{{{digit}}}" for digit, mark in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
_MATH |= {mark: f"_{{{digit}}}" for digit, mark in enumerate("₀₁₂₃₄₅₆₇₈₉")}
_T1 = frozenset(chr(code) for code in range(0xC0, 0x100)) | frozenset(
    "ĂăĄąĆćČčĎďĘęĚěĞğĹĺĽľŁłŃńŇňŐőŔŕŘřŚśŞşŠšŢţŤťŮůŰűŸŹźŻżŽžŒœĐđİı§«»°¿¡"
)


def clean(text: str) -> str:
    r"""Text with white space folded to single blanks and without control and format characters.

    >>> clean(" a\n\nb\x00 ")
    ' a b '
    """
    folded = re.sub(r"[^\S\u00a0]+", " ", unicodedata.normalize("NFC", text))
    return "".join(character for character in folded if unicodedata.category(character)[0] != "C")


def _is_known(character: str) -> bool:
    return character.isascii() or character in _T1


def lacking(text: str) -> str:
    """Return the characters of a text that the fonts lack, each once.

    >>> lacking("Zoë, 漢 and 字漢")
    '漢字'
    """
    known = _SPECIAL.keys() | _MATH.keys()
    return "".join(dict.fromkeys(c for c in clean(text) if c not in known and not _is_known(c)))


def escape(text: str) -> Latex:
    r"""Plain text as LaTeX that prints it; characters the fonts lack print as their code point.

    >>> print(escape("50 % of $x_1$, \\input{a} 漢"))
    50 \% of \$x\_1\$, \textbackslash{}input\{a\} {[}U+6F22{]}
    """
    out, unbroken = [], 0
    for character in clean(text):
        unbroken = 0 if character == " " else unbroken + 1
        if unbroken % 50 == 49:
            out.append(r"\allowbreak{}")  # a word may be longer than TeX's longest line
        if character in _SPECIAL:
            out.append(_SPECIAL[character])
        elif character in _MATH:
            out.append(rf"\ensuremath{{{_MATH[character]}}}")
        elif _is_known(character):
            broken = out and out[-1] == character and character in "-',"  # no -- ligatures out of plain text
            out.append("{}" + character if broken else character)
        else:
            out.append(f"{{[}}U+{ord(character):04X}{{]}}")
    return Latex("".join(out))
