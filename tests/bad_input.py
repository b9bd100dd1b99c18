"""Bad jobs, cells and options: what is changed, and what the message must name and recommend."""

from typing import Any

TWO_STEPS = "inputs = [[0.4, -1.0], [1.5, 0.2]]"
TARGETS = "targets = [[0.1, 0.2, 0.3, 0.4], [0.0, 1.0, 0.0, 0.0]]"
STATE = "s = [0.3, -0.2, 0.5]"
MASK = "mask = [0.5, 1]"
WRT = 'wrt = ["b"]'
OF = 'of = "L[2]"'
EXERCISE = ('"derivation"', '"exercise"')
A = "U @ x[t] + W @ s[t-1] + b"

JOBS: dict[str, Any] = {
    "not TOML": ([('"A small job"', '"A small job')], ["not TOML", "line 1"]),
    "a missing key": ([('title = "A small job"\n', "")], ["the key 'title' is missing"]),
    "an unknown key": ([("activation =", "activaton =")], ["'activaton'", "did you mean 'activation'?"]),
    "text for a number": ([("state = 3", 'state = "three"')], ["'three'", "accepted: a whole number"]),
    "true for a number": (
        [("seed = 7", "seed = true")],
        ["seed is true or false", "accepted: a whole number"],
    ),
    "an unknown kind": ([('"derivation"', '"derivate"')], ["'derivate'", "accepted: derivation"]),
    "two questions for a handout": (
        [('"derivation"', '"handout"'), (WRT, 'wrt = ["W", "U"]')],
        ["wrt names W, U", "asks one question", "accepted: one of U, W"],
    ),
    "a handout about all losses": (
        [('"derivation"', '"handout"'), (WRT, 'wrt = ["W"]'), (OF, 'of = "L"')],
        ["of is L, the total loss", "kind 'handout'", "accepted: one such as L[2], or kind 'derivation'"],
    ),
    "a handout about the output": (
        [('"derivation"', '"exercise"'), (WRT, 'wrt = ["V"]')],
        ["wrt names V", "kind 'exercise' asks one question", "accepted: one of U, W"],
    ),
    "a handout about gates": (
        [
            ('"derivation"', '"handout"'),
            ('"elman"', '"gru"'),
            ('activation = "tanh"\n', ""),
            (STATE, "h = [1, 2, 3]"),
            (WRT, 'wrt = ["W_r"]'),
        ],
        ["kind 'handout' tells one path", "GRU has several", "accepted: a cell with one state and no gates"],
    ),
    "a handout about the first step": (
        [('"derivation"', '"handout"'), (WRT, 'wrt = ["W"]'), (OF, 'of = "L[1]"')],
        ["of is L[1]", "how an effect travels", "accepted: L[2] or later"],
    ),
    "an exercise in a derivation": (
        [(WRT, f"{WRT}\n[exercise]")],
        ["'derivation' hides nothing", "accepted with exercise"],
    ),
    "an unknown part to hide": (
        [EXERCISE, (WRT, f'{WRT}\n[exercise]\nhide = ["answers"]')],
        ["[exercise]: hide names 'answers'", "accepted: a list of results, rules, numbers"],
    ),
    "a step that is true": (
        [EXERCISE, (WRT, f"{WRT}\n[exercise]\nhide = [true]")],
        ["hide names True", "numbers of steps"],
    ),
    "the step nought to hide": (
        [EXERCISE, (WRT, f"{WRT}\n[exercise]\nhide = [0]")],
        ["hide names 0", "numbers of steps"],
    ),
    "nothing to hide": ([EXERCISE, (WRT, f"{WRT}\n[exercise]\nhide = []")], ["hide is empty", "accepted"]),
    "points for nothing": (
        [EXERCISE, (WRT, f"{WRT}\n[exercise]\npoints = {{ result = 3 }}")],
        ["points: unknown key 'result'", "did you mean 'results'?"],
    ),
    "points taken away": (
        [EXERCISE, (WRT, f"{WRT}\n[exercise]\npoints = {{ results = -3 }}")],
        ["results is -3", "accepted: 0 to"],
    ),
    "an unknown activation": ([('"tanh"', '"tan"')], ["'tan'", "accepted: tanh, sigmoid"]),
    "an unknown loss": ([('"cross_entropy"', '"l2"')], ["'l2'", "accepted: cross_entropy"]),
    "an unknown cell": ([('"elman"', '"elmann"')], ["'elmann'", "did you mean 'elman'?"]),
    "an activation without effect": (
        [('"elman"', '"lstm"')],
        ["activation is 'tanh'", "the cell LSTM leaves no function open", "accepted: no activation"],
    ),
    "no state": ([("state = 3", "state = 0")], ["axis d has size 0", "accepted: 1 to"]),
    "a huge state": ([("state = 3", "state = 1000")], ["size 1000", "accepted: 1 to"]),
    "a size for no axis": (
        [(WRT, f"{WRT}\n[sizes]\nq = 2")],
        ["[sizes]: there is no axis 'q'", "accepted: d"],
    ),
    "a size of one half": ([(WRT, f"{WRT}\n[sizes]\nd = 0.5")], ["d is 0.5", "a whole number, 1 to 8"]),
    "a size that is true": ([(WRT, f"{WRT}\n[sizes]\nd = true")], ["d is True", "a whole number, 1 to 8"]),
    "a size beyond print": ([("state = 3\n", ""), (WRT, f"{WRT}\n[sizes]\nd = 9")], ["axis d has size 9"]),
    "a size against the data": (
        [(WRT, f"{WRT}\n[sizes]\nm = 3")],
        ["[sizes]: m is 3", "[sequence] has 4 entries", "accepted: 4"],
    ),
    "two sizes of the state": (
        [(WRT, f"{WRT}\n[sizes]\nd = 2")],
        ["state is 3", "d is 2 under [sizes]", "accepted: one of the two"],
    ),
    "three vocabularies": (
        [(MASK, f'{MASK}\nvocabulary = ["a", "b"]\ntargets_vocabulary = ["c"]')],
        ["vocabulary serves inputs and targets", "targets_vocabulary", "accepted: vocabulary alone"],
    ),
    "a word of the other vocabulary": (
        [(TARGETS, 'targets = ["a", "b"]\ninputs_vocabulary = ["a", "b"]')],
        ["'a' is no word", "accepted: numbers"],
    ),
    "one class": (
        [(TARGETS, "targets = [[1.0], [1.0]]")],
        ["softmax over one class (axis m has size 1)", "two classes or more, or loss = squared_error"],
    ),
    "a negative seed": ([("seed = 7", "seed = -7")], ["seed is -7", "accepted: 0 to"]),
    "a seed of 4,000 digits": ([("seed = 7", f"seed = {'9' * 4_000}")], ["seed is 999", "accepted: 0 to"]),
    "a state of 4,000 digits": ([("state = 3", f"state = {'9' * 4_000}")], ["size 999", "accepted: 1 to"]),
    "an input of 400 digits": ([("[1.5, 0.2]", f"[1.5, {'9' * 400}]")], ["item 2, item 2", "not a finite"]),
    "a weight of 400 digits": ([(MASK, f"mask = [1, {'9' * 400}]")], ["mask, item 2", "not a finite number"]),
    "a title that is a book": (
        [("A small job", "x" * 301)],
        ["title has 301 characters", "accepted: 1 to 300"],
    ),
    "a title without ink": ([("A small job", " ")], ["title has 0 characters"]),
    "a course that is a title": ([("kind =", f"course = '{'x' * 61}'\nkind =")], ["course has 61", "to 60"]),
    "a control character": ([("A small job", "a\\u001b[31m")], ["title holds the character U+001B"]),
    "a line that turns": ([("A small job", "a\\u202eb")], ["title holds the character U+202E"]),
    "a word that is bell": (
        [(MASK, f'{MASK}\nvocabulary = ["a", "\\u0007"]')],
        ["a word of the vocabulary holds the character U+0007"],
    ),
    "no steps": ([(TWO_STEPS, "inputs = []"), (TARGETS, "targets = []")], ["0 steps", "accepted: 1 to"]),
    "too many steps": ([(TWO_STEPS, f"inputs = {[[1.0, 2.0]] * 9}")], ["9 steps", "accepted: 1 to"]),
    "one target too few": (
        [(TARGETS, "targets = [[0.1, 0.9, 0, 0]]")],
        ["2 inputs but 1 targets", "accepted: one target per input"],
    ),
    "inputs of two lengths": ([("[1.5, 0.2]", "[1.5]")], ["step 2: 1 entries", "accepted: 2"]),
    "an input that is true": ([("[1.5, 0.2]", "[1.5, true]")], ["[1.5, True]", "accepted: a word"]),
    "an input that is a date": ([("[1.5, 0.2]", "1999-12-31")], ["datetime.date(1999", "accepted: a word"]),
    "NaN in the inputs": ([("[1.5, 0.2]", "[1.5, nan]")], ["item 2, item 2", "nan is not a finite number"]),
    "infinity in the targets": ([("[0.0, 1.0, 0.0, 0.0]", "[0.0, inf, 0.0, 0.0]")], ["inf is not a finite"]),
    "NaN in the initial state": ([("-0.2, 0.5]", "-0.2, nan]")], ["[initial], s, item 3", "finite"]),
    "infinity in the mask": ([(MASK, "mask = [0.5, inf]")], ["mask, item 2", "finite"]),
    "a weight that no float holds": (
        [(MASK, "mask = [0.5, 1e-320]")],
        ["mask, item 2", "too small; accepted: 0"],
    ),
    "targets that sum to two": (
        [("0.0, 1.0, 0.0, 0.0", "1.0, 1.0, 0.0, 0.0")],
        ["add up to 2", "accepted with"],
    ),
    "a class without a vocabulary": ([(TARGETS, "targets = [0, 1]")], ["class 0", "accepted: a vocabulary"]),
    "a class outside the vocabulary": (
        [(TARGETS, 'targets = [0, 2]\nvocabulary = ["a", "b"]')],
        ["step 2: class 2 does not exist", "accepted: 0 to 1"],
    ),
    "a word outside the vocabulary": (
        [(TARGETS, 'targets = ["a", "c"]\nvocabulary = ["a", "b"]')],
        ["'c' is no word", "accepted: a, b"],
    ),
    "a word twice": ([(MASK, f'{MASK}\nvocabulary = ["a", "a"]')], ["a word twice", "['a', 'a']"]),
    "a mask too long": ([(MASK, "mask = [1, 0, 1]")], ["[1, 0, 1]", "accepted: 2 numbers"]),
    "a mask of zeros": ([(MASK, "mask = [0, 0]")], ["[0, 0]", "accepted: 2 numbers, not all zero"]),
    "a mask of words": ([(MASK, 'mask = ["a", "b"]')], ["['a', 'b']", "accepted: 2 numbers"]),
    "an unknown state": ([(STATE, "h = [1, 2, 3]")], ["unknown key 'h'", "accepted: s"]),
    "a state of the wrong size": ([(STATE, "s = [1, 2]")], ["[1, 2]", "accepted: 3 numbers"]),
    "a loss that is none": (
        [(OF, 'of = "s[2]"')],
        ["'s[2]'", "accepted: the loss of a step", "or L, the total loss"],
    ),
    "an unknown variable": ([(OF, 'of = "Q[2]"')], ["no signal 'Q'", "accepted: "]),
    "a step that does not exist": ([(OF, 'of = "L[9]"')], ["no value at step 9", "steps 1 to 2"]),
    "code as a variable": (
        [(OF, "of = \"__import__('os')\"")],
        ["__import__('os')", "write a name such as W"],
    ),
    "TeX as a variable": ([(OF, 'of = "\\\\input{x}"')], ["input{x}", "write a name such as W"]),
    "an unknown parameter": ([(WRT, 'wrt = ["Q"]')], ["no signal 'Q'", "accepted: "]),
    "by what is computed": ([(WRT, 'wrt = ["s[1]"]')], ["'s[1]'", "accepted: U, W, b, V, c, s0"]),
    "by a later input": (
        [(OF, 'of = "L[1]"'), (WRT, 'wrt = ["x2"]')],
        ["does not depend on x[2]", "accepted"],
    ),
    "by a target": ([(WRT, 'wrt = ["y1"]')], ["'y1'", "accepted: U"]),
    "the same twice": ([(WRT, 'wrt = ["b", "b"]')], ["['b', 'b']", "twice"]),
    "by nothing": ([(WRT, "wrt = []")], ["wrt is []", "accepted: a list of names"]),
    "parameters that are not there": (
        [("seed = 7", 'parameters = "no.npz"')],
        ["no.npz", "accepted: an .npz file"],
    ),
    "a sequence that is a number": ([("[sequence]", "[course]")], ["course is a table", "accepted: text"]),
}

CELLS: dict[str, Any] = {
    "an unknown function": ('"sigma(a[t])"', '"foo(a[t])"', ["equation 's'", "'foo'", "there are sigma"]),
    "shapes that do not fit": (A, "U @ s[t-1]", ["equation 'a'", "'U @ s[t-1]'", "('d', 'n') with ('d',)"]),
    "a sum of two shapes": (A, "b + x[t]", ["equation 'a'", "('d',) and ('n',)"]),
    "TeX as a name": (
        "[parameters]",
        "[parameters]\n'\\input{/etc/passwd}' = ['d']",
        ["passwd", "such as W"],
    ),
    "a comment sign in a name": ("[parameters]", "[parameters]\n'a%b' = ['d']", ["'a%b'", "such as W"]),
    "a name of Python's": ("[parameters]", "[parameters]\n__import__ = ['d']", ["__import__", "such as W"]),
    "a reserved name": ("[parameters]", "[parameters]\nsigma = ['d']", ["sigma", "is taken; accepted"]),
    "a signal that is not defined": (A, "q[t] + b", ["no signal 'q'", "here one may use x[t]"]),
    "a signal before its definition": (A, "s[t] + b", ["s[t] before its definition", "accepted: s[t-1]"]),
    "an equation in terms of itself": (A, "a[t] + b", ["no signal 'a' yet", "here one may use"]),
    "a parameter that is not there": (A, "Q @ x[t]", ["no parameter 'Q'", "here one may use U"]),
    "a signal without its time": (A, "U @ x", ["the signal x needs a time", "x[t] or x[t-1]"]),
    "a parameter with a time": (A, "U[t] @ x[t]", ["the parameter U has no time", "write U"]),
    "a time two steps back": (A, "W @ s[t-2]", ["'t-2'", "a time is t or t-1"]),
    "the input of the step before": (A, "U @ x[t-1]", ["x[t - 1] is not available", "accepted: x[t]"]),
    "an import": (A, "__import__('os')", ["__import__('os')", "accepted: a parameter"]),
    "an attribute": (A, "b.real", ["'b.real'", "accepted: a parameter"]),
    "a lambda": (A, "(lambda: b)()", ["lambda", "accepted: a parameter"]),
    "a method call": (A, "b.dot(b)", ["'b.dot(b)'", "accepted: a parameter"]),
    "a comprehension": (A, "[b for b in b]", ["for b in b", "accepted: a parameter"]),
    "a power": (A, "b ** 9999999", ["'b ** 9999999'", "powers are not in the language"]),
    "a text in an equation": (A, "'b'", ["\"'b'\"", "accepted: a parameter"]),
    "a keyword argument": (A, "sigma(a=b)", ["'sigma(a=b)'", "accepted: a parameter"]),
    "an equation that is none": (A, "U @", ["'U @'", "accepted: a parameter"]),
    "a division by zero": (A, "b / 0", ["'b / 0'", "accepted: "]),
    "a number that is infinite": (A, "1e999 * b", ["'1e999'", "must be finite"]),
    "a number that no float holds": (A, "1e-320 * b", ["'1e-320'", "must be 0, or at least"]),
    "a number alone": (A, "3", ["'3'", "a number alone has no shape"]),
    "brackets without end": (A, "(" * 500 + "b" + ")" * 500, ["nested 500 deep", "at most 60"]),
    "brackets that fill the page": (
        A,
        "(" * 10_000 + "b" + ")" * 10_000,
        ["20001 characters", "at most 2000"],
    ),
    "signs without end": (A, "-" * 1_900 + "b", ["equation 'a'", "operators are nested too deeply"]),
    "an equation without end": (A, "b + " * 1_000 + "b", ["4001 characters", "at most 2000"]),
    "an equation that is a number": (f'"{A}"', "3", ["equation 'a'", "accepted: text"]),
    "three axes": ('["d", "n"]', '["d", "n", "m"]', ["the shape of U", "accepted: such as"]),
    "an axis that is a number": ('["d", "n"]', '["d", 2]', ["the shape of U", "accepted: such as"]),
    "a parameter that is not used": (A, "W @ s[t-1] + b", ["the parameter U occurs in no equation"]),
    "no logits": ('z = "V @ s[t] + c"', 'o = "V @ s[t] + c"', ["reads the logits z", "add an equation z"]),
    "no states": ('states = ["s"]', "states = []", ["states []", "must be one or more"]),
    "a state without an equation": ('states = ["s"]', 'states = ["s", "h"]', ["the state h has no equation"]),
    "a meaning of nothing": (
        "[equations]",
        '[meanings]\nq = "gate"\n[equations]',
        ["no 'q'", "accepted: U, W, b"],
    ),
    "a meaning that is a number": (
        "[equations]",
        "[meanings]\ns = 3\n[equations]",
        ["s is 3", "accepted: 1 to 60"],
    ),
    "a misspelt table": ("[equations]", "[equation]", ["'equation'", "did you mean 'equations'?"]),
    "a name that is a book": ('name = "Elman"', f'name = "{"x" * 301}"', ["name has 301", "1 to 60"]),
    "a name that is empty": ('name = "Elman"', 'name = " "', ["name has 0 characters", "accepted: 1 to 60"]),
    "a key that is a book": (
        "[equations]",
        f"[{'x' * 5_000}]\n[equations]",
        ["unknown key 'xxx", "accepted"],
    ),
    "a matrix as a signal": (A, "W", ["equation 'a'", "('d', 'd')", "accepted: a number or a vector"]),
    "a function of a matrix": (
        A,
        "tanh(W) + W",
        ["accepted: a number or a vector", "not derived to the end"],
    ),
    "a state that is a matrix": (
        "[parameters]",
        '[signals]\ns = ["d", "d"]\n[parameters]',
        ["the shape of s", "one axis at most"],
    ),
    "logits on the axis of the state": (
        '"V @ s[t] + c"',
        '"s[t]"',
        ["the logits z have the axes ('d',)", "the targets y ('m',)", "[signals]"],
    ),
    "an axis that is a time": (
        '["d", "n"]',
        '["d", "k"]',
        ["the axis k of U", "time or an index", "accepted"],
    ),
    "the name of an adjoint": (
        "[parameters]",
        "[parameters]\ns_bar = ['d']",
        ["s_bar", "adjoint", "accepted"],
    ),
    "a name that looks like a time": (
        "[parameters]",
        "[parameters]\ns_1 = ['d']",
        ["on paper s_1 looks like s at step 1", "another name"],
    ),
    "a mark of the notation as a name": ("[parameters]", "[parameters]\ndelta = ['d']", ["delta is taken"]),
    "a name of the loss": ("[parameters]", "[parameters]\ne = ['d']", ["the name e is taken; accepted"]),
    "an equation for the input": ("[equations]", '[equations]\nx = "b"', ["x is given", "another name"]),
    "an axis for no signal": (
        "[parameters]",
        "[signals]\nq = ['d']\n[parameters]",
        ["no equation for q", "accepted: x, y or a signal"],
    ),
    "a parameter that is a signal": ('a = "U', 'W = "U', ["W is a parameter and a signal", "another name"]),
    "a number beyond all numbers": (A, "9" * 400 + " * b", ["must be finite, below 1e+100"]),
    "a product of numbers beyond all numbers": (A, "1e90 * " * 5 + "b", ["a number is too large"]),
    "factors without end": (A, "b" + " * b" * 450, ["operators are nested too deeply", "at most 60"]),
    "differences without end": (A, "b - (" * 58 + "b" + ")" * 58, ["operators are nested too deeply"]),
    "a name that turns": ('name = "Elman"', 'name = "E\\u202elman"', ["name holds the character U+202E"]),
    "a name that is a sentence": ('name = "Elman"', f'name = "{"x" * 61}"', ["name has 61", "1 to 60"]),
    "a name that is a list": ('name = "Elman"', 'name = ["Elman"]', ["name is a list", "accepted: text"]),
}

STACKS: dict[str, Any] = {
    "one layer": ("layers = ['lstm']", ["layers is ['lstm']", "accepted: 2 to 9 cells"]),
    "ten layers": (f"layers = {['gru'] * 10}", ["layers is ['gru'", "accepted: 2 to 9 cells"]),
    "layers that are numbers": ("layers = [1, 2]", ["layers is [1, 2]", "accepted: 2 to 9 cells"]),
    "an unknown layer": ("layers = ['lstm', 'grue']", ["there is no cell 'grue'", "did you mean 'gru'?"]),
    "a layer that is not there": (
        "layers = ['lstm', 'no.toml']",
        ["no.toml", "the path of a .toml file"],
    ),
    "layers of layers": (
        "layers = ['lstm', 'mine.toml']",
        ["'mine.toml' has layers itself", "without layers"],
    ),
    "layers and equations": (
        "layers = ['lstm', 'gru']\n[equations]\nz = 'x[t]'",
        ["unknown key 'equations'", "accepted: name, source, layers, description"],
    ),
    "a layer of several outputs": (
        "layers = ['two.toml', 'gru']",
        ["layer 1 (Two)", "its z reads h[t], s[t]", "one vector signal"],
    ),
    "a layer that puts out its input": (
        "layers = ['input.toml', 'gru']",
        ["layer 1 (Input)", "its z reads x[t]", "one vector signal"],
    ),
    "a lower layer that reads the targets": (
        "layers = ['forced.toml', 'gru']",
        ["layer 1 (Forced)", "reads the targets y", "only the last layer"],
    ),
}

OPTIONS: dict[str, Any] = {
    "an unknown engine": (["report", "JOB", "--engine", "word"], ["--engine", "'word'", "choose from"]),
    "an unknown format": (["report", "JOB", "--format", "docx"], ["--format", "'docx'", "accepted: pdf"]),
    "a seed that is no number": (["report", "JOB", "--seed", "x"], ["--seed", "'x'", "accepted"]),
    "an unknown option": (["report", "JOB", "--verbose"], ["--verbose", "--help"]),
    "an unknown command": (["print", "JOB"], ["'print'", "choose from"]),
    "a command without its job": (["report"], ["JOB.toml", "--help"]),
    "a job that is not there": (["report", "no.toml"], ["no.toml", "the path of a .toml file"]),
    "an unknown view": (["derive", "elman", "--view", "side"], ["--view", "'side'", "choose from"]),
    "an unknown cell": (["derive", "elmann"], ["'elmann'", "did you mean 'elman'?"]),
    "an unknown signal": (["derive", "elman", "--of", "Q"], ["no signal 'Q'", "accepted: "]),
    "an unknown variable": (["derive", "elman", "--wrt", "Q"], ["no signal 'Q'", "accepted: "]),
    "a step beyond the last": (["derive", "elman", "--at", "9", "--steps", "4"], ["step 9", "steps 1 to 4"]),
    "the step nought": (["derive", "elman", "--at", "0"], ["--at", "found 0", "accepted: 1"]),
    "nought steps": (["derive", "elman", "--steps", "0"], ["0", "at least 1"]),
    "no steps": (["derive", "elman", "--steps", "-1"], ["-1", "at least 1"]),
    "a size too large": (["derive", "elman", "--size", "d=99"], ["--size", "'d=99'", "accepted"]),
    "a view of one class": (
        ["derive", "elman", "--view", "scalar", "--size", "m=1"],
        ["--size: softmax over one class", "two classes or more"],
    ),
    "of what is given": (["derive", "elman", "--of", "x", "--wrt", "W"], ["x[4]", "no equation"]),
    "an activation without effect": (
        ["derive", "gru", "--activation", "relu"],
        ["activation is 'relu'", "the cell GRU leaves no function open", "accepted: no activation"],
    ),
    "the activation of a cell that has none": (
        ["verify", "lstm-peephole", "--activation", "tanh"],
        ["activation is 'tanh'", "no function open"],
    ),
    "a loss for a job": (["verify", "JOB", "--loss", "squared_error"], ["--loss", "a job file says its own"]),
    "a file that is neither": (["verify", "OTHER"], ["other.toml", "neither a job nor a cell"]),
    "a cell file that is not there": (["verify", "no.toml"], ["no.toml", "the path"]),
}
