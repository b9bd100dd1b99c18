"""The layers of the design, read from the source: imports point down, witnesses do not know each other."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "symrnn"
LONGEST = 310  # about 300 lines; what grows beyond is two ideas
LAYERS = (  # a module may import from lines above its own, and within its own package
    "tensor functions tomlfile typeset engines output sandbox workers writing",
    "algebra calculus equation",
    "network rewrite document notation students",
    "parse rules interpret filters language",
    "complexstep cellfile",
    "evaluate layers newcell",
    "cell strategies views ink budget search",
    "derivation readback jobdata presets",
    "entrywise elements adjoint onestep exercise",
    "question",
    "job",
    "witnesses compile arguments",
    "certificate numeric",
    "goals kinds render",
    "report",
    "variants",
    "commands",
    "cli",
    "__main__",
)
LEVEL = {name: level for level, line in enumerate(LAYERS) for name in line.split()}
STRANGERS = {  # independent witnesses: the left one never imports the right ones
    "rules": {"views", "evaluate", "typeset", "ink", "readback", "certificate"},
    "interpret": {"rules", "views", "typeset", "ink", "derivation", "strategies"},
    "complexstep": {"rules", "views", "typeset", "ink", "derivation", "strategies"},
    "evaluate": {"rules", "views", "typeset", "ink", "derivation", "strategies"},
    "ink": {"views", "typeset", "rules", "derivation", "strategies"},
    "readback": {"views", "typeset", "rules", "derivation", "strategies"},
    "views": {"rules", "derivation", "strategies", "ink", "readback"},
    "typeset": {"views", "rules", "evaluate", "ink", "tensor"},
    "functions": {"rules", "views"},
    "cell": {"rules", "views", "evaluate", "typeset"},
    "cellfile": {"rules", "views", "evaluate", "typeset"},
    "layers": {"rules", "views", "evaluate", "typeset"},
}
OUTSIDE = {  # who may import what from elsewhere
    "jinja2": {"render", "sandbox"},
    "typst": {"engines"},
    "rich": {"commands"},
    "subprocess": {"engines"},
    "pickle": set(),
    "importlib": {"__init__", "compile"},
    "numba": {"compile"},
}
WHOLE_SYMPY = {"views", "entrywise", "witnesses", "kinds", "goals"}  # all others: sympy.core, or on demand
MODULES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """Return the module or the package a file belongs to, as the layers call it."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """Yield every imported module, and whether it is imported as soon as this one is."""
    top = set(ast.iter_child_nodes(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node in top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            whole = f"{node.module}.{node.names[0].name}" if node.module == "symrnn" else node.module
            yield str(whole), node in top


def ours(path: Path) -> set[str]:
    """Return the modules of symrnn that a module imports, now or on demand, as the layers call them."""
    found = {name.split(".")[1] for name, _ in imports(parsed(path)) if name.startswith("symrnn.")}
    return found - {"__version__"}


every_module = pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))


def test_every_module_has_a_layer():
    assert {name_of(path) for path in MODULES} - {"__init__"} == set(LEVEL)


@every_module
def test_imports_point_down_only(path):
    if path == PACKAGE / "__init__.py":
        return  # the public names come from everywhere, on demand
    here = name_of(path)
    for there in ours(path) - {here}:
        assert LEVEL[there] < LEVEL[here], f"{here} imports {there}"


@every_module
def test_witnesses_do_not_import_what_they_are_witnesses_of(path):
    assert not ours(path) & STRANGERS.get(name_of(path), set())


@every_module
def test_no_module_is_longer_than_one_idea(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@every_module
def test_what_is_outside_is_imported_at_one_place(path):
    for name, at_once in imports(parsed(path)):
        root = name.split(".")[0] if name != "importlib.metadata" else name
        assert name_of(path) in OUTSIDE.get(root, {name_of(path)}), name
        if root == "sympy" and at_once and not name.startswith("sympy.core"):
            assert name_of(path) in WHOLE_SYMPY, name


EXECUTES = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "parse_expr",
    "lambdify",
    "nsimplify",
    "S",
    "literal_eval",
}


@every_module
def test_no_text_is_ever_executed(path):
    for call in (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)):
        function = call.func
        named = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        owner = getattr(getattr(function, "value", None), "id", "")
        keywords = {k.arg: getattr(k.value, "value", None) for k in call.keywords}
        assert named not in EXECUTES or (named == "compile" and owner in ("re", "typst")), (
            f"line {call.lineno}: {named}"
        )
        if named == "sympify":
            assert keywords.get("strict") is True, f"line {call.lineno}"
        if named == "load" and owner == "np":
            assert keywords.get("allow_pickle") is False, f"line {call.lineno}"
        if named in ("run", "Popen", "call"):
            assert keywords.get("shell") is not True, f"line {call.lineno}"


@every_module
def test_every_module_says_what_it_is_about(path):
    assert ast.get_docstring(parsed(path))
