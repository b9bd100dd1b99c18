"""Which cases of the tests that take longest ``make test`` runs; ``make deep`` runs the others.

Of each test named here a share of its cases stays, one of so many, beginning with the first; of those with 0
none. A test that is not named runs whole. Nothing is left out for good.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pytest

ONE_OF = {
    "derivation/test_identity.py": {
        "test_what_was_derived_of_a_cell_is_the_same_after_a_pickle_and_after_deriving_it_again": 2,
    },
    "derivation/test_negative_controls.py": {
        "test_only_the_hand_written_reference_protects_against_a_wrong_cell": 3,
    },
    "document/browser/test_page.py": {
        "test_a_broken_page_is_noticed": 0,
        "test_axe_finds_no_serious_barrier": 0,
        "test_every_formula_is_rendered_and_keeps_its_place": 2,
    },
    "document/test_language.py": {
        "test_a_german_document_is_german_from_head_to_foot": 4,
        "test_german_pages_hold_what_stands_on_them": 0,
        "test_what_is_stated_of_formulas_is_stated_in_german": 0,
    },
    "document/test_pdf.py": {
        "test_no_font_is_a_bitmap": 0,
    },
    "document/test_render.py": {
        "test_a_formula_that_is_too_wide_is_reported_by_latex": 4,
        "test_a_missing_package_sends_auto_to_typst_and_is_an_error_else": 0,
        "test_hostile_texts_of_one_document_are_printed_literally_by_pdflatex": 0,
        "test_no_box_of_the_sample_is_too_wide_in_latex": 0,
        "test_the_text_of_formulas_can_be_extracted": 2,
    },
    "document/test_tables.py": {
        "test_a_table_that_is_not_cut_is_noticed": 0,
        "test_eight_numbers_a_step_fit_the_page": 0,
    },
    "golden/test_reports.py": {
        "test_make_report_changes_no_committed_file": 0,
    },
    "laws/test_laws.py": {
        "test_every_derivation_is_closed_and_every_witness_confirms_the_lines_of_its_share": 5,
        "test_the_index_view_equals_the_value_of_each_result_of_its_share": 4,
    },
    "laws/test_sympy.py": {
        "test_every_entry_of_the_derived_gradient_is_sympys_derivative": 4,
    },
    "model/test_presets.py": {
        "test_every_derivation_is_certified_again_under_the_new_names": 4,
    },
    "notation/test_conventions.py": {
        "test_every_derivation_of_a_gated_cell_is_certified_as_stated": 0,
        "test_every_derivation_of_a_simple_cell_is_certified_as_stated": 4,
    },
    "numeric/test_generated.py": {
        "test_the_test_beside_a_module_fails_if_a_statement_is_wrong": 4,
    },
    "random_cells/test_random_cells.py": {
        "test_every_law_holds_for_cells_drawn_at_random": 4,
        "test_every_law_holds_for_cells_that_once_were_wrong": 8,
    },
    "reference/test_published.py": {
        "test_every_derivation_of_two_steps_holds": 2,
    },
    "report/test_catalogue.py": {
        "test_everything_that_a_report_prints_is_in_the_catalogue": 5,
    },
    "report/test_exercise.py": {
        "test_a_handout_fits_for_other_cells_lengths_and_losses": 4,
        "test_no_box_of_a_sheet_is_too_wide": 3,
        "test_no_hidden_number_or_formula_is_in_the_text_of_the_pdf": 2,
        "test_the_text_of_an_exercise_does_not_depend_on_what_it_hides": 0,
        "test_what_an_exercise_shows_stands_where_it_stands_in_the_solution": 0,
    },
    "report/test_gated_reports.py": {
        "test_a_job_may_ask_for_one_parameter_only": 0,
        "test_a_report_of_two_layers_without_gates_is_made": 0,
        "test_no_formula_of_a_committed_report_is_wider_than_the_page_in_latex": 0,
    },
    "report/test_notation_reports.py": {
        "test_a_report_states_its_notation_and_every_line_holds": 3,
        "test_reports_of_gated_cells_hold_under_another_notation": 0,
    },
    "report/test_reading_numbers.py": {
        "test_a_fixed_matrix_may_keep_the_past": 0,
    },
    "report/test_slides.py": {
        "test_every_page_shows_one_rule_more_and_then_one_path": 2,
        "test_frames_hold_what_is_on_them_for_other_lengths": 3,
        "test_nothing_on_a_slide_is_too_wide_or_too_high_in_latex": 0,
    },
    "report/test_unusual_cells.py": {
        "test_a_jacobian_without_a_time_is_printed_as_a_power": 4,
    },
    "report/test_variants.py": {
        "test_a_loaded_preamble_makes_the_same_pages": 0,
        "test_a_run_that_is_stopped_leaves_whole_variants_and_goes_on": 0,
    },
    "safety/test_engines.py": {
        "test_pdflatex_embeds_nothing_from_outside_its_folder_and_its_installation": 6,
        "test_pdflatex_reads_nothing_outside_its_folder": 5,
        "test_typst_reads_only_its_source_and_is_stopped_at_its_limits": 2,
    },
    "safety/test_hostile.py": {
        "test_a_payload_in_three_fields_is_printed_letter_by_letter": 7,
        "test_ten_payloads_in_ten_fields_make_a_pdf": 2,
    },
    "safety/test_interrupted.py": {
        "test_a_report_that_is_ended_at_its_engine_leaves_no_file_and_no_engine": 3,
    },
    "safety/test_reproducible.py": {
        "test_another_seed_makes_other_bytes": 0,
        "test_every_file_has_the_same_bytes_wherever_it_is_made": 2,
        "test_sources_and_certificate_have_the_same_bytes_whatever_the_engine_and_the_hash_seed": 2,
    },
    "safety/test_templates.py": {
        "test_a_template_that_is_a_hostile_tex_program_is_stopped_by_the_engine": 5,
        "test_a_template_without_end_is_stopped": 3,
    },
    "test_bad_input.py": {
        "test_a_cell_file_without_end_is_refused_and_not_hung": 4,
    },
    "witness/test_domains.py": {
        "test_a_cell_is_certified_where_it_can_be_evaluated": 5,
    },
}


def leave_to_deep(items: Iterable[pytest.Item]) -> None:
    """Mark the cases that ``make test`` leaves out."""
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("deep") is None:
            cases[item.nodeid.partition("[")[0].removeprefix("tests/")].append(item)
    for file, tests in ONE_OF.items():
        for name, share in tests.items():
            for number, item in enumerate(cases.get(f"{file}::{name}", [])):
                if share == 0 or number % share:
                    item.add_marker(pytest.mark.deep)
