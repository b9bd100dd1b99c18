"""Mutants: job and cell files with something wrong, made from right ones token by token, by a seed.

A mutant may still be right. What else may become of it is one message: what was found, and what is accepted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from tests import ROOT
from tests.conftest import JOB

CELLS = ROOT / "symrnn" / "model" / "cells"
EXERCISE = """\
title = "An exercise"
kind = "exercise"
cell = "elman"
activation = "sigmoid"
state = 2
seed = 3
language = "de"
[sequence]
vocabulary = ["a", "b"]
inputs = ["a", "b"]
targets = ["b", 0]
[derive]
wrt = ["W"]
[exercise]
hide = ["results", 2]
points = { results = 8 }
name = true
"""
WITH_MINE = JOB.replace('cell = "elman"', 'cell = "mine.toml"').replace(
    "[initial]\ns = [0.3, -0.2, 0.5]\n", ""
)
TOKEN = re.compile(r'"[^"\n]*"|\w+|[^\w\s]|[ \t]+|\n')
TEXT = re.compile(r'(?<=")[^"\n]*(?=")')
ITEM = re.compile(r'"[^"\n]*"|-?\b[\d.]+\b')
TERM = re.compile(r"\w+(?:\[t(?:-1)?\])?|[^\w\s]|\s+")
TERMS = re.findall(r"\S+", "+ - * @ / ( ) 1 0 -1 1e90 x[t] y[t] s[t-1] h[t] a[t] z[t] b n d m k [t] [t-2]")
TERMS += ["tanh(", "softmax(", "log(", "exp(", "relu(", "sqrt(", "max(", "sigma("]
NUMBERS = [
    "-1",
    "0",
    "1",
    "2",
    "7",
    "1e308",
    "1e400",
    "-0.0",
    "1e-320",
    "nan",
    "-inf",
    "9" * 400,
    "0x7fff",
    "5.0",
]
NUMBERS += ["9223372036854775808", "1_000", "0.1", "100000000000000000000.5", "8", "12"]
TEXTS = [
    "",
    " ",
    "x" * 5_000,
    r"\\input{x}",
    r"\u0000",
    r"\u202e",
    "漢字",
    "%",
    "L[2]",
    "L_2",
    "s0",
    "x[9]",
    "W",
    "../x",
]
TEXTS += [
    "__import__('os')",
    "<b>",
    "#read(1)",
    "${x}",
    "a, b",
    "de",
    "elman",
    "mine.toml",
    "/dev/null",
    "b",
    "z[t]",
]
TEXTS += [
    "V @ s[t]",
    "s[t-1]",
    "a[t] * a[t]",
    "tanh(b)",
    "1e300 * b",
    "b / b",
    "-b",
    "b @ b",
    "exp(exp(a[t]))",
    "3",
]
VALUES = [*NUMBERS, *(f'"{text}"' for text in TEXTS)]
VALUES += ["true", "[]", "{}", "[[]]", "[[1.0, 2.0], 3]", "{ a = 1 }", "1979-05-27", "[1, 'a']", '["a", "b"]']
VALUES += [
    "[" * 40 + "]" * 40,
    "[0.5, 1]",
    '["d", "d"]',
    '["n"]',
    "[nan, inf]",
    "[[1e200, -1e200], [1e5, 3]]",
]
SIGNS = [
    "\x00",
    "\x0b",
    "\u2028",
    "\ufeff",
    "é",
    "=",
    "[",
    "]",
    '"',
    "'",
    "#",
    "{",
    ",",
    ".",
    "\\",
    "-",
    "@",
    "*",
    "\r",
]

Lines = list[str]
Mutation = Callable[[Lines, Random], None]


def _deleted(lines: Lines, rng: Random) -> None:
    del lines[rng.randrange(len(lines))]


def _doubled(lines: Lines, rng: Random) -> None:
    lines.insert(rng.randrange(len(lines) + 1), rng.choice(lines))


def _exchanged(lines: Lines, rng: Random) -> None:
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[i], lines[j] = lines[j], lines[i]


def _another_value(lines: Lines, rng: Random) -> None:
    i = rng.choice([number for number, line in enumerate(lines) if "=" in line] or [0])
    lines[i] = f"{lines[i].partition('=')[0]}= {rng.choice(VALUES)}"


def _another_token(lines: Lines, rng: Random) -> None:
    """Put something else for a word, a number or a sign."""
    i = rng.randrange(len(lines))
    tokens = TOKEN.findall(lines[i]) or [""]
    others = [token for line in lines for token in TOKEN.findall(line) if token.strip()]
    kinds = [rng.choice(others or [""]), rng.choice(NUMBERS), rng.choice(TEXTS), ""]
    tokens[rng.randrange(len(tokens))] = rng.choice(kinds)
    lines[i] = "".join(tokens)


def _another_item(lines: Lines, rng: Random) -> None:
    """Put another number for a number, another text for a text: it is still TOML."""
    i = rng.choice([number for number, line in enumerate(lines) if "=" in line] or [0])
    key, sign, value = lines[i].partition("=")
    places = list(ITEM.finditer(value))
    if places:
        place = rng.choice(places)
        others = [f'"{text}"' for text in TEXTS] if place[0][0] in "\"'" else NUMBERS
        lines[i] = f"{key}{sign}{value[: place.start()]}{rng.choice(others)}{value[place.end() :]}"


def _another_term(lines: Lines, rng: Random) -> None:
    """Put something else for a word or a sign within a text: an equation is still a text."""
    i = rng.choice([number for number, line in enumerate(lines) if '"' in line] or [0])
    texts = list(TEXT.finditer(lines[i]))
    if texts:
        place = rng.choice(texts)
        terms = TERM.findall(place[0]) or [""]
        everywhere = [term for line in lines for text in TEXT.findall(line) for term in TERM.findall(text)]
        terms[rng.randrange(len(terms))] = rng.choice([rng.choice(everywhere or [""]), rng.choice(TERMS), ""])
        lines[i] = lines[i][: place.start()] + "".join(terms) + lines[i][place.end() :]


def _another_sign(lines: Lines, rng: Random) -> None:
    i = rng.randrange(len(lines))
    place = rng.randrange(len(lines[i]) + 1)
    gone = rng.randrange(3)
    lines[i] = lines[i][:place] + rng.choice([*SIGNS, ""]) + lines[i][place + gone :]


def _new_key(lines: Lines, rng: Random) -> None:
    keys = [line.partition("=")[0].strip() for line in lines if "=" in line]
    key = rng.choice([*keys, "course", "mask", "layout", "notation", "parameters", "W_2", "sigma", "L", "t"])
    lines.insert(rng.randrange(len(lines) + 1), f"{key} = {rng.choice(VALUES)}")


def _cut(lines: Lines, rng: Random) -> None:
    del lines[rng.randrange(len(lines)) :]


MUTATIONS: tuple[Mutation, ...] = (
    _deleted,
    _doubled,
    _exchanged,
    *[_another_value] * 4,
    *[_another_item] * 6,
    *[_another_term] * 6,
    *[_another_token] * 2,
    _another_sign,
    _new_key,
    _cut,
)


def mutant(number: int, seed: int) -> dict[str, str]:
    """Return the files of a mutant by name: a job, and where it names one a cell."""
    rng = Random(f"{seed} {number}")
    if number % 2:
        return {"job.toml": mutated(rng.choice([JOB, JOB, EXERCISE]), rng)}
    name = rng.choice(["elman"] * 6 + ["jordan", "gru"])
    cell = (CELLS / f"{name}.toml").read_text(encoding="utf-8")
    job = WITH_MINE if name == "elman" else WITH_MINE.replace('activation = "tanh"\n', "")
    return {"job.toml": job.replace('["b"]', '["V"]'), "mine.toml": mutated(cell, rng)}


def mutated(text: str, rng: Random) -> str:
    """Return a text with one to three things changed."""
    lines = text.splitlines()
    for _ in range(rng.choice([1, 1, 1, 1, 2, 3])):
        rng.choice(MUTATIONS)(lines, rng)
        lines = lines or [""]
    return "\n".join(lines) + "\n"
