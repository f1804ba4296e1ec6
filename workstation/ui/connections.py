"""Which signal reaches which slot: all that happens between the parts of the window, to be read from top to bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workstation.ui.main_window import MainWindow


def connect_parts(window: MainWindow) -> None:
    """Connect desks, panels, menus and preferences; slots of one signal are called in the order in which they stand."""
    _connect_desks(window)
    _connect_pixels(window)
    _connect_panels(window)
    _connect_choices(window)


def _connect_desks(window: MainWindow) -> None:
    opening, analyses, exports = window.opening, window.analyses, window.exports
    opening.reopened.connect(window.teller.tell_reopened)
    opening.picture_arrived.connect(window.picture.show_picture)
    opening.picture_arrived.connect(window.following.tell_zoom)
    opening.evidence_arrived.connect(window.cases.take_in)  # first: it knows whether the metadata may be shown
    opening.evidence_arrived.connect(window.following.take_evidence)
    opening.evidence_arrived.connect(window.analyse_all.take_read)
    window.cases.taken_in.connect(window.analyse_all.take_read)
    opening.opening_failed.connect(window.picture.show_picture)  # there is none, and no earlier one stays
    opening.opening_failed.connect(window.following.take_state)
    opening.opening_failed.connect(window.teller.tell_unopened)
    opening.hash_checked.connect(window.teller.tell_hash)
    opening.evidence_arrived.connect(window.pixels.make_room)
    window.folders.told.connect(window.following.tell_folder)
    window.folders.failed.connect(window.teller.tell_problem)
    window.folders.case_found.connect(window.case_errands.open)
    for signal in (analyses.queued, analyses.started, analyses.stopping, analyses.failed, analyses.cancelled):
        signal.connect(window.following.take_state)
    analyses.finished.connect(window.following.take_result)
    analyses.cancelled.connect(window.teller.tell_cancelled)
    analyses.progressed.connect(window.picture.show_progress)
    analyses.progressed.connect(window.teller.tell_progress)
    exports.begun.connect(window.teller.tell_writing)
    exports.cancelled.connect(window.teller.tell_not_written)
    exports.exported.connect(window.following.tell_exported)
    exports.exported.connect(window.cases.refresh)
    exports.failed.connect(window.teller.tell_problem)
    for signal in (analyses.finished, analyses.failed):
        signal.connect(window.cases.note_change)
    window.viewing.viewed.connect(window.cases.note_viewed)
    window.cases.taken_in.connect(window.viewing.wait)  # what is on the screen already counts from then on
    window.cases.keeping_changed.connect(window.following.tell_keeping)
    for signal in (window.cases.taken_in, window.cases.changed, window.cases.closed):
        signal.connect(window.following.take_case)
    window.case_errands.shown.connect(window.show_case)
    window.cases.closed.connect(window.put_case_away)
    window.comparing.view_made.connect(window.take_compare_view)
    window.comparing.changed.connect(window.following.tell_zoom)
    window.comparing.changed.connect(window.status.forget_reading)
    window.comparing.region_drawn.connect(window.picture.add_region)
    window.comparing.region_drawn.connect(window.teller.forget_refused)
    window.comparing.region_refused.connect(window.teller.tell_refused)
    window.picture.problem.connect(window.teller.tell_problem)
    window.session.current_changed.connect(window.following.show_current)
    window.session.added.connect(window.remember_recent)


def _connect_pixels(window: MainWindow) -> None:
    pixels, opening = window.pixels, window.opening
    opening.hash_checked.connect(pixels.take_check)
    opening.picture_arrived.connect(window.comparing.take_pixels)
    opening.opening_failed.connect(window.comparing.miss_pixels)
    window.comparing.refused.connect(window.teller.tell)
    window.comparing.awaited.connect(window.teller.tell_awaited)
    pixels.delayed.connect(window.teller.tell_delayed)
    pixels.arrived.connect(window.picture.show_again)
    pixels.arrived.connect(window.following.tell_zoom)
    pixels.arrived.connect(window.teller.tell_arrived)
    pixels.arrived.connect(window.viewing.wait)
    pixels.lost.connect(window.picture.show_without)
    pixels.lost.connect(window.teller.tell_lost)


def _connect_panels(window: MainWindow) -> None:
    window.exhibits.selected.connect(window.session.select)
    window.exhibits.close_requested.connect(window.commands.close)
    window.exhibits.reopen_requested.connect(window.opening.reopen)
    window.exhibits.compare_requested.connect(window.comparing.show_beside)
    window.exhibits.order_chosen.connect(window.keep_order)
    window.findings.analyze_requested.connect(window.commands.analyse)
    window.findings.analyze_requested.connect(window.centre.take_focus)  # its button is gone as long as it runs
    window.findings.cancel_requested.connect(window.commands.stop)
    window.findings.group_activated.connect(window.picture.light_group)
    window.jobs_panel.cancel_requested.connect(window.jobs.cancel_number)
    window.jobs_panel.warning_activated.connect(window.select_by_key)
    window.empty.open_requested.connect(window.errands.choose_files)
    window.empty.example_requested.connect(window.commands.open_example)
    window.empty.recent_chosen.connect(window.open_file)
    window.empty.folder_requested.connect(window.errands.choose_folder)
    window.empty.case_requested.connect(window.case_errands.choose)
    window.empty.recent_case_chosen.connect(window.case_errands.open)
    window.toolbar.opacity_chosen.connect(window.commands.set_opacity)
    view = window.view
    view.hovered.connect(window.status.show_reading)
    view.pinned.connect(window.status.show_pin)
    view.context_requested.connect(window.menus.show_picture_menu)
    view.region_refused.connect(window.teller.tell_refused)
    view.region_drawn.connect(window.teller.forget_refused)
    view.tool_changed.connect(window.teller.forget_refused)
    view.zoom_changed.connect(window.status.show_zoom)
    view.opacity_changed.connect(window.toolbar.show_opacity)
    view.layer_changed.connect(window.states.mark_layer)
    view.tool_changed.connect(window.states.mark_tool)
    view.tool_changed.connect(window.comparing.set_tool)
    window.held_keys[0].changed.connect(view.set_blink)


def _connect_choices(window: MainWindow) -> None:
    window.menus.recent.chosen.connect(window.open_file)
    window.menus.recent_cases.chosen.connect(window.case_errands.open)
    window.menus.bookmarks.chosen.connect(window.picture.go_to)
    preferences = window.preferences
    preferences.themed.connect(window.take_theme)
    preferences.choice_changed.connect(window.tell_choice)
    preferences.commonness_changed.connect(window.metadata.set_commonness)
    preferences.shortcuts_changed.connect(window.take_shortcuts)
    preferences.problem.connect(window.teller.tell_problem)
