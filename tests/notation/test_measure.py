"""Widths: every sign that an emitter writes has one, and the table is what the fonts say."""

import pytest

from symrnn.notation import EM, Number, Operator, Script, Symbol, glyphs, row, width
from symrnn.notation.tree import GREEK, OPERATORS, Name, Words
from tests.notation.make_glyphs import MODULE, STIX, characters, latin_modern, source, tables


def test_the_table_is_what_the_fonts_say():
    pytest.importorskip("fontTools", reason="fonttools is not installed")
    pytest.importorskip("brotli", reason="brotli, which unpacks the font of the web page, is not installed")
    latin = latin_modern()
    if latin is None:
        pytest.skip("TeX's Latin Modern Math is not installed")
    assert MODULE.read_text(encoding="utf-8") == source(tables(latin, STIX))


def test_the_table_has_every_sign_of_the_emitters():
    for table, entries in characters().items():
        assert list(getattr(glyphs, table)) == list(entries)
    assert all(width(Operator(name)) > 0 for name in OPERATORS)
    assert all(width(Symbol(name)) > 0 for name in GREEK)


def test_letters_differ_in_width():
    assert width(Symbol("i")) < width(Symbol("a")) < width(Symbol("m")) < width(Symbol("W"))
    assert width(Name("lil")) < width(Name("mum"))


def test_a_power_of_ten_is_as_wide_as_its_pieces():
    ten = Script(Number("10"), sup=Number("-16"))
    assert width(Number("1.2", -16)) == pytest.approx(width(row(Number("1.2"), Operator("times"), ten)))
    assert width(Number("1", -16)) < width(Number("2", -16))


def test_a_letter_that_the_table_does_not_have_is_taken_as_wide():
    assert width(Words("ж")) == pytest.approx(EM * max(glyphs.TEXT.values()) / 1000)
