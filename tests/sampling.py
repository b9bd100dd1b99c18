"""Which cases of the tests that take longest ``make test`` runs; ``make deep`` runs the others.

Of each test named here a share of its cases stays, one of so many, beginning with the first; of those with 0
none. A test that is not named runs whole. Nothing is left out for good.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pytest

ONE_OF = {
    "laws/test_laws.py::test_every_derivation_is_closed_and_every_witness_confirms_the_lines_of_its_share": 2,
    "random_cells/test_random_cells.py::test_every_law_holds_for_cells_that_once_were_wrong": 3,
    "model/test_presets.py::test_every_derivation_is_certified_again_under_the_new_names": 4,
    "report/test_exercise.py::test_the_text_of_an_exercise_does_not_depend_on_what_it_hides": 0,
    "report/test_exercise.py::test_what_an_exercise_shows_stands_where_it_stands_in_the_solution": 0,
    "report/test_exercise.py::test_no_box_of_a_sheet_is_too_wide": 3,
    "report/test_exercise.py::test_a_handout_fits_for_other_cells_lengths_and_losses": 4,
    "report/test_gated_reports.py::test_no_formula_of_a_committed_report_is_wider_than_the_page_in_latex": 0,
    "report/test_gated_reports.py::test_a_report_of_two_layers_without_gates_is_made": 0,
    "report/test_notation_reports.py::test_reports_of_gated_cells_hold_under_another_notation": 0,
    "report/test_slides.py::test_every_page_shows_one_rule_more_and_then_one_path": 2,
    "report/test_slides.py::test_frames_hold_what_is_on_them_for_other_lengths": 3,
    "report/test_variants.py::test_a_run_that_is_stopped_leaves_whole_variants_and_goes_on": 0,
    "report/test_variants.py::test_a_loaded_preamble_makes_the_same_pages": 0,
    "document/browser/test_page.py::test_axe_finds_no_serious_barrier": 0,
    "document/browser/test_page.py::test_a_broken_page_is_noticed": 0,
    "document/browser/test_page.py::test_every_formula_is_rendered_and_keeps_its_place": 2,
    "document/test_language.py::test_german_pages_hold_what_stands_on_them": 0,
    "document/test_language.py::test_what_is_stated_of_formulas_is_stated_in_german": 0,
    "document/test_pdf.py::test_no_font_is_a_bitmap": 0,
    "document/test_render.py::test_hostile_texts_of_one_document_are_printed_literally_by_pdflatex": 0,
    "document/test_tables.py::test_eight_numbers_a_step_fit_the_page": 0,
    "document/test_tables.py::test_a_table_that_is_not_cut_is_noticed": 0,
    "safety/test_interrupted.py::test_a_report_that_is_ended_at_its_engine_leaves_no_file_and_no_engine": 3,
    "safety/test_reproducible.py::test_every_file_has_the_same_bytes_wherever_it_is_made": 2,
    "safety/test_templates.py::test_a_template_that_is_a_hostile_tex_program_is_stopped_by_the_engine": 5,
    "safety/test_templates.py::test_a_template_without_end_is_stopped": 3,
}


def leave_to_deep(items: Iterable[pytest.Item]) -> None:
    """Mark the cases that ``make test`` leaves out."""
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("deep") is None:
            cases[item.nodeid.partition("[")[0].removeprefix("tests/")].append(item)
    for name, share in ONE_OF.items():
        for number, item in enumerate(cases.get(name, [])):
            if share == 0 or number % share:
                item.add_marker(pytest.mark.deep)
