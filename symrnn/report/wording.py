"""What a rule says, in the language of the document and in words that fit how its formulas are written.

Rules speak English, and of the usual orientation, in which later steps stand on the left and p counts rows.
Where a document states another orientation, or is written in another language, the catalogue in force has the
sentence that stands for theirs.
"""

from __future__ import annotations

from symrnn.derivation import Reason, Sentence
from symrnn.document import Text, language
from symrnn.model import in_force
from symrnn.report.phrases import said, sentences


def worded(reason: Reason) -> Text:
    """Return a reason, or the statement of a rule, as running text."""
    return sentences(*(said(sentence, _words(sentence)) for sentence in reason))


def named(*rules: str) -> str:
    """Return the names of rules with commas between them, the first letter a capital."""
    names = ", ".join(language().translated("rules", name) for name in rules)
    return names[:1].upper() + names[1:]


def _words(sentence: Sentence) -> str:
    how, catalogue = in_force(), language()
    tables = ["mirrored"] if how.mirrored else []
    tables += ["any_order"] if how.mirrored or how.layout == "gradient" else []
    for table in tables:
        if sentence.words in catalogue.tables[table]:
            return catalogue.tables[table][sentence.words]
    return catalogue.translated("sentences", sentence.words)
