"""Templates of what is no document: text is made harmless, whatever prints it."""

import pytest

from symrnn.document import filling


class Made(str):
    pass


@pytest.fixture
def fill(tmp_path, monkeypatch):
    """Return what fills in the template with a given text."""
    monkeypatch.setattr(filling, "template_folder", lambda name: tmp_path)

    def fill(text, **values):
        (tmp_path / "one.j2").write_text(text, encoding="utf-8")
        made = filling.filler(
            "one", Made, lambda words: words.replace("<", "&lt;"), {"twice": lambda n: 2 * n}
        )
        return made("one.j2", **values)

    return fill


def test_text_is_escaped_unless_it_was_made(fill):
    assert fill(r"\VAR{a}\VAR{b}\VAR{c|twice}", a="<", b=Made("<"), c=2) == "&lt;<4"


def test_text_that_is_put_together_from_what_was_made_is_escaped(fill):
    assert fill(r"\VAR{a ~ a}", a=Made("<")) == "&lt;&lt;"


@pytest.mark.parametrize("value", [None, True, 0.5, ["<"]])
def test_what_is_no_text_is_not_printed(fill, value):
    with pytest.raises(TypeError, match="a template in one cannot print"):
        fill(r"\VAR{a}", a=value)


def test_a_name_that_is_not_given_stops_the_template(fill):
    with pytest.raises(Exception, match="'b' is undefined"):
        fill(r"\VAR{b}", a="")
