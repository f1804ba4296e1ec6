"""The picture, the regions and the scatter plot show the current exhibit and answer each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from workstation.analysis.regions import (
    Region,
    RegionNotAssessable,
    RegionStatistics,
    patches_inside,
    similarity_map,
    similarity_to_patches,
)
from workstation.analysis.result import AnalysisResult, BoolArray, FloatArray
from workstation.errors import WorkstationError
from workstation.evidence.record import Pixels
from workstation.progress import Progress
from workstation.ui.analysing import AnalysisDesk
from workstation.ui.display_frame import DisplayFrame
from workstation.ui.image_view import ImageView
from workstation.ui.jobs import Job, JobQueue, Steps
from workstation.ui.layers import Layer
from workstation.ui.patches import measure, patches_of_group
from workstation.ui.pointer import PointerReading
from workstation.ui.regions_panel import RegionsPanel
from workstation.ui.scatter_panel import ScatterPanel
from workstation.ui.session import OpenExhibit, Session
from workstation.ui.turns import Turns
from workstation.ui.view_state import ViewState


@dataclass(frozen=True, slots=True, eq=False)
class PictureParts:
    """The widgets that show one exhibit's pixels and patches, and who fills them piece by piece."""

    view: ImageView
    regions: RegionsPanel
    scatter: ScatterPanel
    turns: Turns


class LostReference(WorkstationError):
    """A view shows everything as seen from something that is no longer there."""

    remedy = "The departure map is shown instead. Mark the region again and choose “As seen from here” (S)."

    def __init__(self, name: str) -> None:
        super().__init__(f"This view was seen from {name or 'a region'}, which is no longer there")


class PictureAway(WorkstationError):
    """A map is asked for where there is no picture to lay it over."""

    def __init__(self) -> None:
        super().__init__("There is no picture to show it on: it is still being read, or cannot be read any more")


class PictureDesk(QObject):
    """Keeps picture, regions and scatter plot on the current exhibit, and brings what is marked there into the session.

    Attributes:
        selected: name of the chosen region, "" for none.
        pinned: what the picture says at the pinned point, or None.

    Signals:
        problem: something cannot be shown; carries a `WorkstationError`.
        selection_changed: carries the name of the chosen region, "" for none.
    """

    problem = Signal(object)
    selection_changed = Signal(str)

    def __init__(
        self, session: Session, jobs: JobQueue, analyses: AnalysisDesk, parts: PictureParts, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._jobs, self._analyses, self._turns = session, jobs, analyses, parts.turns
        self.view, self.regions, self.scatter = parts.view, parts.regions, parts.scatter
        self._shown: OpenExhibit | None = None
        self._shown_pixels: object = None
        self.selected = ""
        self.pinned: PointerReading | None = None
        self._grown: OpenExhibit | None = None
        session.current_changed.connect(self.show)
        session.marks_changed.connect(self.show_marks)
        self._connect_parts()

    def _connect_parts(self) -> None:
        view, regions, scatter = self.view, self.regions, self.scatter
        view.region_drawn.connect(self.add_region)
        view.region_changed.connect(self.change_region)
        view.region_selected.connect(self.select)
        view.patches_under_pointer.connect(self.light_plot)
        view.pinned.connect(self.pin)
        view.region_delete_requested.connect(self.delete)
        view.limits_changed.connect(self.keep_limits)
        scatter.patches_selected.connect(self.light_patches)
        regions.region_selected.connect(self.select_row)
        regions.region_renamed.connect(self.rename)
        regions.note_edited.connect(self.write_note)
        regions.delete_requested.connect(self.delete)
        regions.reference_requested.connect(self.see_from)

    @Slot(object)
    def show(self, exhibit: OpenExhibit | None) -> None:
        """Show another exhibit, as it was left."""
        self._keep_view()
        self._shown = exhibit
        self._shown_pixels = None
        self.select("")
        self.view.highlight_patches(None)
        self.regions.show_groups(None)  # at once: nothing of one photograph stands beside another
        self.scatter.show_result(None)
        if exhibit is None:
            self.view.show_pixels(None)
            self._show_result(None)
            self.regions.show_regions(())
            return
        self.show_picture(exhibit)
        self.show_result(exhibit)
        self.show_marks(exhibit)

    @Slot(object)
    def show_picture(self, exhibit: OpenExhibit) -> None:
        """The pixels of an exhibit came, or it was selected."""
        if exhibit is not self._shown or (exhibit.pixels is not None and exhibit.pixels is self._shown_pixels):
            return
        if exhibit.pixels is None:
            if exhibit.evidence is None or exhibit.thumbnail is None:
                self.view.show_pixels(None)
            else:  # it is being read again: whoever goes through many exhibits quickly sees which one this is
                pixels = exhibit.evidence.pixels
                frame = DisplayFrame(pixels.width, pixels.height, pixels.orientation)
                self.view.show_stand_in(exhibit.thumbnail, frame)
            self._show_result(None)
            self._shown_pixels = None
            return
        self._shown_pixels = exhibit.pixels
        self.view.show_pixels(exhibit.pixels)

    @Slot(object)
    def show_again(self, exhibit: OpenExhibit) -> None:
        """The pixels of an exhibit are in memory again."""
        if exhibit is not self._shown:
            return
        self.show_picture(exhibit)
        self.show_result(exhibit)
        self.show_marks(exhibit)
        self.view.select_region(self.selected or None)

    @Slot(object)
    def show_without(self, exhibit: OpenExhibit) -> None:
        """The pixels of an exhibit cannot be read again; what was found and marked stays."""
        if exhibit is self._shown:
            self.view.show_pixels(None)
            self._show_result(exhibit)
            self._measure(exhibit)

    @Slot(object)
    def show_result(self, exhibit: OpenExhibit) -> None:
        """The analysis of an exhibit ended or began, or it was selected."""
        if exhibit is not self._shown or exhibit.pixels is None:
            return
        provisional = self._analyses.partial_of(exhibit)
        if provisional is not None:
            self.view.show_partial(provisional)
        elif exhibit.is_busy or exhibit.result is None:
            self.view.clear_map()
            self._show_result(None)
        else:
            self.view.show_result(exhibit.result)
            self._show_result(exhibit)
            self._compare_with(exhibit, exhibit.seen_from)
        limits = exhibit.limits
        if exhibit.view is not None:  # once, on coming back: an analysis that ends must not move the picture
            state, exhibit.view = exhibit.view, None
            self.go_to(state)
        if limits is None:
            self.view.reset_limits()
        else:
            self.view.set_limits(*limits)
        self._leave_empty_similarity()
        self._measure(exhibit)

    def view_state(self) -> ViewState:
        """What it takes to come back to this view, what it is seen from included."""
        state = self.view.view_state()
        if self._shown is None or self.view.layer is not Layer.SIMILARITY:
            return state
        return replace(state, seen_from=self._shown.seen_from)

    @Slot(object)
    def go_to(self, state: ViewState) -> None:
        """Come back to a view; what it was seen from is compared anew, for the region may have been reshaped since."""
        exhibit = self._shown
        if exhibit is not None and exhibit.pixels is None:
            exhibit.view = state  # as soon as its picture can be shown
            return
        lost = state.layer == Layer.SIMILARITY.value and not self._see_as_before(exhibit, state.seen_from)
        self.view.restore_view_state(state)
        if lost:
            self._leave_empty_similarity()
            self.problem.emit(LostReference(state.seen_from))

    def _see_as_before(self, exhibit: OpenExhibit | None, name: str) -> bool:
        if exhibit is None or exhibit.result is None:
            return False
        if name and name != exhibit.seen_from:
            self._compare_with(exhibit, name)
        return self.view.has_layer(Layer.SIMILARITY)

    @Slot(object, object)
    def show_progress(self, exhibit: OpenExhibit, progress: Progress) -> None:
        """A provisional map grew."""
        if exhibit is self._shown and exhibit.pixels is not None and progress.partial is not None:
            self.view.show_partial(progress.partial)
            self._leave_empty_similarity()
            self._first_look(exhibit)

    @Slot(object)
    def show_found(self, exhibit: OpenExhibit) -> None:
        """An analysis ended with a result."""
        if exhibit is self._shown and exhibit.result is not None and exhibit.result.maps is not None:
            self._first_look(exhibit)
        self._grown = None

    def _first_look(self, exhibit: OpenExhibit) -> None:
        """An analysis is first seen as its departure map; whoever goes back to the original is left there."""
        if self._grown is not exhibit and self.view.layer is Layer.ORIGINAL:
            self.view.set_layer(Layer.DEPARTURE)
        self._grown = exhibit

    @Slot(object)
    def pin(self, reading: PointerReading | None) -> None:
        """A point was pinned, or let go."""
        self.pinned = reading

    @Slot(object)
    def light_plot(self, mask: BoolArray | None) -> None:
        """Light up the patches under the pointer in the plot; away from the picture, those of the chosen region."""
        if self._turns.has("plot"):
            return  # it still holds the points of what was shown before; they are lit when it is filled
        if mask is None and self._shown is not None:
            mask = self._patches_of(self._shown, self.selected)
        self.scatter.highlight_patches(mask)

    def _patches_of(self, exhibit: OpenExhibit, name: str) -> BoolArray | None:
        region, result = exhibit.marks.region(name), exhibit.result
        if region is None or result is None or result.grid is None:
            return None
        return patches_inside(region, result.grid, *result.image_size)

    @Slot(object)
    def show_marks(self, exhibit: OpenExhibit) -> None:
        """Regions were added, changed or taken away."""
        if exhibit is not self._shown:
            return
        if exhibit.pixels is not None:
            self.view.set_regions(exhibit.marks.regions)
        self.regions.show_regions(exhibit.marks.regions)
        if self.selected and exhibit.marks.region(self.selected) is None:
            self.select("")
        reference = self.view.canvas.regions.reference
        if reference is not None and reference not in exhibit.marks.regions:  # it was reshaped or taken away
            self._compare_with(exhibit, exhibit.seen_from)
            self._leave_empty_similarity()
        self._measure(exhibit)

    @Slot(object)
    def add_region(self, region: Region) -> None:
        """The analyst drew a region."""
        exhibit = self._shown
        if exhibit is None:
            return
        marks = exhibit.marks.with_region(region)
        name = marks.regions[-1].name
        self._session.edit(exhibit, f"add region {name}", marks)
        self.select(name)

    @Slot(object)
    def change_region(self, region: Region) -> None:
        """The analyst moved or reshaped a region."""
        exhibit = self._shown
        if exhibit is not None and exhibit.marks.region(region.name) is not None:
            marks = exhibit.marks.with_changed(region.name, region)
            self._session.edit(exhibit, f"change region {region.name}", marks)

    @Slot(str)
    def delete(self, name: str) -> None:
        """Take a region away."""
        exhibit = self._shown
        if exhibit is not None and exhibit.marks.region(name) is not None:
            self._session.edit(exhibit, f"delete region {name}", exhibit.marks.without_region(name))

    @Slot(str, str)
    def rename(self, old: str, new: str) -> None:
        """Give a region another name; a name that is taken stays with its region."""
        exhibit = self._shown
        region = None if exhibit is None else exhibit.marks.region(old)
        if exhibit is None or region is None:
            return
        name = new.strip()
        if not name or exhibit.marks.region(name) is not None:
            self.regions.show_regions(exhibit.marks.regions)
            self._measure(exhibit)
            return
        marks = exhibit.marks.with_changed(old, replace(region, name=name))
        if exhibit.seen_from == old:
            exhibit.seen_from = name
        self._session.edit(exhibit, f"rename region {old}", marks)
        self.select(name)

    @Slot(str, str)
    def write_note(self, name: str, note: str) -> None:
        """Write a note on a region."""
        exhibit = self._shown
        region = None if exhibit is None else exhibit.marks.region(name)
        if exhibit is not None and region is not None:
            marks = exhibit.marks.with_changed(name, replace(region, note=note))
            self._session.edit(exhibit, f"note on region {name}", marks, merge_key=f"note {name}")
            self.view.setFocus()  # the next key is meant for the picture again

    @Slot(str)
    def select(self, name: str) -> None:
        """Choose a region in picture and table; "" for none."""
        if name == self.selected:
            return
        self.selected = name
        self.view.select_region(name or None)
        self.regions.select_region(name)
        self.light_plot(None)
        self.selection_changed.emit(name)

    @Slot(str)
    def select_row(self, name: str) -> None:
        """A row of the table was chosen: a region, or a group, whose patches light up."""
        exhibit = self._shown
        if exhibit is None:
            return
        if exhibit.marks.region(name) is not None:
            self.light_patches(None)
            self.select(name)
        else:
            self.light_group(name)

    @Slot(str)
    def light_group(self, name: str) -> None:
        """Mark the patches of a group in the picture and in the plot."""
        result = None if self._shown is None else self._shown.result
        mask = None if result is None or not name else patches_of_group(result, name)
        self.light_patches(mask)
        self.scatter.highlight_patches(mask)

    @Slot(object)
    def light_patches(self, mask: BoolArray | None) -> None:
        """Mark patches in the picture, if there is one: groups and plot stand there also while its pixels are away."""
        self.view.highlight_patches(None if self.view.shown_result is None else mask)

    @Slot(str)
    def see_from(self, name: str) -> None:
        """Show how similar everything is to a region or a group."""
        exhibit = self._shown
        if exhibit is None:
            return
        if exhibit.result is None:
            self.problem.emit(RegionNotAssessable("Seeing everything from a region needs an analysis first"))
            return
        if exhibit.pixels is None:
            self.problem.emit(PictureAway())
            return
        self._compare_with(exhibit, name)
        if exhibit.seen_from:
            self.view.set_layer(Layer.SIMILARITY)

    def _compare_with(self, exhibit: OpenExhibit, name: str) -> None:
        """Compute the similarity to a region or a group; without one there is none."""
        region, result = exhibit.marks.region(name), exhibit.result
        exhibit.seen_from = ""
        mask = patches_of_group(result, name) if result is not None and name and region is None else None
        seen_from = f"group {name}" if region is None else f"region {name}"
        similarity: FloatArray | None = None
        try:
            if result is not None and region is not None:
                similarity = similarity_map(result, region)
            elif result is not None and mask is not None:
                similarity = similarity_to_patches(result, mask, seen_from)
        except WorkstationError as error:
            self.problem.emit(error)
        if similarity is not None:
            exhibit.seen_from = name
        self.view.show_similarity(similarity, seen_from, region)

    def _leave_empty_similarity(self) -> None:
        """A layer that has nothing to be seen from gives way to the departure map."""
        if self.view.layer is Layer.SIMILARITY and not self.view.has_layer(Layer.SIMILARITY):
            self.view.set_layer(Layer.DEPARTURE)

    @Slot(float, float)
    def keep_limits(self, low: float, high: float) -> None:
        """Moved limits are printed in every export, so the exhibit remembers them."""
        exhibit = self._shown
        if exhibit is None or exhibit.result is None or exhibit.result.maps is None:
            return
        standard = exhibit.result.maps.departure_range
        exhibit.limits = None if (low, high) == standard else (low, high)

    def _keep_view(self) -> None:
        if self._shown is not None and self._shown_pixels is not None:
            self._shown.view = self.view_state()

    def _show_result(self, exhibit: OpenExhibit | None) -> None:
        result = None if exhibit is None else exhibit.result
        self._turns.take("plot", self._filling_plot(result))  # thousands of points: the picture is painted first

    def _filling_plot(self, result: AnalysisResult | None) -> Iterator[None]:
        self.regions.show_groups(None if result is None else result.partition)
        yield
        yield from self.scatter.showing(result)
        self._turns.drop("plot")
        self.light_plot(None)

    def _measure(self, exhibit: OpenExhibit) -> None:
        """Ask for the regions' figures; a quiet job, since a large region takes a while."""
        regions, pixels = exhibit.marks.regions, exhibit.pixels
        if not regions or (pixels is None and exhibit.result is None):
            return
        job = self._jobs.submit(
            f"measuring the regions of “{exhibit.name}”",
            partial(_measuring, regions, exhibit.result, pixels),
            quiet=True,
        )
        _MeasureTask(self, exhibit, regions, job)

    def _show_figures(
        self, exhibit: OpenExhibit, regions: tuple[Region, ...], figures: Mapping[str, RegionStatistics]
    ) -> None:
        if exhibit is self._shown and regions is exhibit.marks.regions:
            self.regions.show_regions(regions, figures)


def _measuring(regions: tuple[Region, ...], result: AnalysisResult | None, pixels: Pixels | None) -> Steps:
    yield Progress("measuring")
    return measure(regions, result, pixels)


class _MeasureTask(QObject):
    """Hears one measurement, in the GUI thread."""

    def __init__(self, desk: PictureDesk, exhibit: OpenExhibit, regions: tuple[Region, ...], job: Job) -> None:
        super().__init__(job)
        self._desk, self._exhibit, self._regions = desk, exhibit, regions
        job.finished.connect(self.finish)

    @Slot(object)
    def finish(self, figures: Mapping[str, RegionStatistics]) -> None:
        """Show the figures, if they still fit the regions."""
        self._desk._show_figures(self._exhibit, self._regions, figures)
