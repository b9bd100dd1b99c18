"""The layers of the design, read from the source in one pass: imports point down, witnesses know no rules.

What a package hands out, its stub, is what some other package imports, or what is public.

Every offence is reported at once, as a line that names the file, the line and what it does.
"""

import ast
import re
from collections.abc import Iterator
from importlib import import_module

import pytest

import symrnn
from tests import ROOT

PACKAGE = ROOT / "symrnn"
LAYERS = (  # a module may import from lines above its own, and within its own package
    "tensor",
    "model",
    "notation witness",
    "document derivation",
    "certificate numeric",
    "report listing",
    "terminal",
    "commands",
    "cli",
    "__main__",
)
APART = {  # the left one never imports the right one, not even on demand
    ("witness", "notation"),
    ("witness", "derivation"),
    ("notation", "derivation"),
    ("notation", "witness"),
    ("derivation", "witness"),
    ("derivation/rules", "notation"),
    ("notation/emitters", "tensor"),
    ("numeric/codegen", "witness"),
    ("document", "derivation"),
}
OUTSIDE = {  # which packages, or modules at the top, may import what from elsewhere
    "jinja2": {"document"},
    "typst": {"document/engines"},
    "rich": {"terminal", "commands"},
    "subprocess": {"document/processes"},
    "multiprocessing": {"document/processes"},
    "pickle": set(),
    "importlib": {"__init__", "numeric", "derivation/rules"},
    "numba": {"numeric"},
}
ASKS_THE_ROOT = {  # who asks the package root, which is above everything, and what for
    "cli": "the version",
    "tensor/nodes": "LaTeX, which SymPy and notebooks ask of a node itself",
}
WHOLE_SYMPY = {
    "tensor/entries",
    "notation/entries",
    "witness",
    "derivation/entries",
    "listing",
    "report/sections",
}
EXECUTES = {
    "eval", "exec", "compile", "__import__", "parse_expr", "lambdify", "nsimplify", "S", "literal_eval",
}  # fmt: skip
LEVEL = {name: level for level, line in enumerate(LAYERS) for name in line.split()}
Import = tuple[int, str, tuple[str, ...], bool]  # line, module, names, whether at once
TREES = {
    path.relative_to(PACKAGE).with_suffix("").as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}

STUBS = {
    path.parent.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("__init__.pyi"))
}


def room(place: str) -> str:
    """Return the package, or the module at the top, that a file belongs to."""
    return place.split("/")[0]


def imports(tree: ast.AST) -> Iterator[Import]:
    top = set(ast.iter_child_nodes(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, (), node in top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.lineno, str(node.module), tuple(a.name for a in node.names), node in top


def ours(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield what is imported from symrnn, now or on demand, as a path from the package."""
    for line, module, names, _ in imports(tree):
        if module == "symrnn" and names:
            yield from ((line, name) for name in names)
        elif module.startswith("symrnn."):
            yield line, module.removeprefix("symrnn.").replace(".", "/")


def is_package(place: str) -> bool:
    return f"{place}/__init__" in TREES


def within(place: str, area: str) -> bool:
    return place == area or place.startswith(f"{area}/")


def offences(place: str, tree: ast.AST) -> Iterator[str]:
    here = room(place)
    for line, there in ours(tree):
        if place == "__init__":
            continue  # the public names come from everywhere, on demand
        if room(there) != here and not LEVEL[room(there)] < LEVEL[here]:
            yield f"{line}: {here} imports {there}, which is not below it"
        if room(there) != here and "/" in there and not is_package(there):
            yield f"{line}: {there} is inside a package; its __init__ hands out what is shared"
        for left, right in APART:
            if within(place, left) and within(there, right):
                yield f"{line}: {left} and {right} stay apart"
    for line, module, _, at_once in imports(tree):
        root = module.split(".")[0] if module != "importlib.metadata" else module
        if root in OUTSIDE and not any(within(place, area) for area in OUTSIDE[root]):
            yield f"{line}: {module} is imported elsewhere"
        if module == "symrnn" and place not in ASKS_THE_ROOT:
            yield f"{line}: the package root is above everything"
        whole = root == "sympy" and at_once and not module.startswith("sympy.core")
        if whole and not any(within(place, area) for area in WHOLE_SYMPY):
            yield f"{line}: {module} loads the whole of SymPy"
    yield from executions(tree)
    if not ast.get_docstring(tree):  # type: ignore[arg-type]
        yield "1: no docstring"


def executions(tree: ast.AST) -> Iterator[str]:
    """Yield every call that could execute text, or read what executes."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        function = call.func
        named = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        owner = getattr(getattr(function, "value", None), "id", "")
        keywords = {k.arg: getattr(k.value, "value", None) for k in call.keywords}
        if named in EXECUTES and not (named == "compile" and owner in ("re", "typst")):
            yield f"{call.lineno}: {named} executes text"
        if named == "sympify" and keywords.get("strict") is not True:
            yield f"{call.lineno}: sympify without strict executes text"
        if named == "load" and owner == "np" and keywords.get("allow_pickle") is not False:
            yield f"{call.lineno}: np.load may unpickle"
        if named in ("run", "Popen", "call") and keywords.get("shell") is True:
            yield f"{call.lineno}: a shell"


def taken() -> set[tuple[str, str]]:
    """Return every name that is imported from a package by another one, and those that are public."""
    public = (node for node in STUBS["."].body if isinstance(node, ast.ImportFrom))
    return {(str(node.module), alias.name) for node in public for alias in node.names} | {
        (module.removeprefix("symrnn."), name)
        for place, tree in TREES.items()
        for _, module, names, _ in imports(tree)
        for name in names
        if module.startswith("symrnn.") and room(module.removeprefix("symrnn.")) != room(place)
    }


def stub_offences(package: str, stub: ast.AST, used: set[tuple[str, str]]) -> Iterator[str]:
    for node in ast.walk(stub):
        for alias in node.names if isinstance(node, ast.ImportFrom) else ():
            place = alias.name if package == "." else f"{package}/{alias.name}"
            if place in TREES or is_package(place):
                yield f"{alias.lineno}: {alias.name} is a module as well, which would hide it"
            if package != "." and (package, alias.name) not in used:
                yield f"{alias.lineno}: no other package uses {alias.name}"


def test_the_house_has_no_other_rooms():
    assert {room(place) for place in TREES} - {"__init__"} <= set(LEVEL)


def test_imports_point_down_and_nothing_executes_text():
    found = [f"symrnn/{place}.py:{told}" for place, tree in TREES.items() for told in offences(place, tree)]
    assert not found, "\n".join(found)


def test_a_package_hands_out_what_others_use():
    used = taken()
    found = [
        f"symrnn/{package}/__init__.pyi:{told}"
        for package, stub in STUBS.items()
        for told in stub_offences(package, stub, used)
    ]
    assert not found, "\n".join(found)


def test_the_readme_names_every_package_and_no_place_that_is_gone():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## Where to find what") :]
    told = set(re.findall(r"`([a-z_]+)(?:/|\.py)`", section[: section.index("\n\n", section.index("| ---"))]))
    assert told - {"templates"} == set(LEVEL) - {"__main__"}
    places = re.findall(r"\b(?:symrnn|templates|reports|tests)/[\w./-]*\w", text)
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_each_offence_of_a_stub_is_seen():
    stub = ast.parse(
        "from .cell import (\n    Cell as Cell,\n    spare as spare,\n    presets as presets,\n)"
    )
    assert list(stub_offences("model", stub, taken())) == [
        "3: no other package uses spare",
        "4: presets is a module as well, which would hide it",
        "4: no other package uses presets",
    ]


@pytest.mark.parametrize(
    ("place", "source", "told"),
    [
        ("tensor/nodes", "from symrnn.model import Cell", "not below"),
        ("model/cell", "def f():\n    from symrnn.tensor.nodes import Plus", "inside a package"),
        ("model/cell", "def f():\n    import symrnn", "above everything"),
        ("witness/point", "from symrnn.notation import latex", "stay apart"),
        ("derivation/rules/local", "from symrnn.notation import latex", "stay apart"),
        ("model/cell", "import jinja2", "elsewhere"),
        ("model/cell", "import sympy", "whole of SymPy"),
        ("model/parse", '"""."""\neval("1")', "executes text"),
        ("model/parse", '"""."""\nsympify("1")', "executes text"),
        ("numeric/execution", '"""."""\nnp.load("x")', "unpickle"),
        ("document/engines/tex", '"""."""\nrun("x", shell=True)', "a shell"),
        ("model/cell", "x = 1", "no docstring"),
    ],
)
def test_each_offence_is_seen(place, source, told):
    assert any(told in found for found in offences(place, ast.parse(source)))


def test_the_root_hands_out_what_its_stub_says():
    told = {
        (str(node.module), alias.name)
        for node in STUBS["."].body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(symrnn.__all__) == {name for _, name in told}
    for module, name in told:
        assert getattr(symrnn, name) is getattr(import_module(f"symrnn.{module}"), name)
