"""Errands that need a dialog: choosing files, writing reports and notes, help, questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QDir, QLocale, QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog, QLabel, QMessageBox, QPlainTextEdit, QWidget

from workstation.errors import WorkstationError
from workstation.evidence import SUFFIXES
from workstation.settings import SettingsStore
from workstation.ui.actions import Actions
from workstation.ui.alike import OpenResult, named_exhibit, sets_of_case, sets_of_window
from workstation.ui.casing import CaseDesk
from workstation.ui.exporting import ExportDesk
from workstation.ui.form_dialog import Values
from workstation.ui.help_dialogs import TextDialog, about_page, keys_page, limits_page
from workstation.ui.jobs import JobQueue, PathLook
from workstation.ui.likeness_dialog import LikenessDialog
from workstation.ui.opening import OpeningDesk
from workstation.ui.report_dialog import (
    ReportDialog,
    changed_details,
    scope_words,
    signing_in,
    stated_in,
    stated_of,
)
from workstation.ui.report_order import Signing, Stated, free_target
from workstation.ui.self_test_dialog import SelfTestDialog
from workstation.ui.session import OpenExhibit, Session
from workstation.ui.shown_text import visible
from workstation.ui.teller import Teller
from workstation.ui.wording import named


class Errands(QObject):
    """Asks in dialogs that do not stop the window, and passes the answers on to the desks."""

    def __init__(
        self,
        window: QWidget,
        *,
        session: Session,
        store: SettingsStore,
        opening: OpeningDesk,
        exports: ExportDesk,
        cases: CaseDesk,
        jobs: JobQueue,
        chosen_region: Callable[[], str],
        teller: Teller,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._store = window, session, store
        self._opening, self._exports, self._teller = opening, exports, teller
        self._cases, self._jobs, self._chosen_region = cases, jobs, chosen_region
        self._stated, self._looks = Stated(), PathLook()
        teller.save_problem = self.save_problem_report

    @Slot()
    def choose_files(self) -> None:
        """Ask for files."""
        dialog = QFileDialog(self._window, "Open photographs", self._beginning(self._store.current.last_folder))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        patterns = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in sorted(SUFFIXES))
        dialog.setNameFilters([f"Images ({patterns})", "All files (*)"])
        dialog.filesSelected.connect(self.open_names)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    @Slot()
    def choose_folder(self) -> None:
        """Ask for a folder whose image files are opened."""
        folder = self._beginning(self._store.current.last_folder)
        dialog = QFileDialog(self._window, "Open the image files of a folder", folder)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.filesSelected.connect(self.open_names)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    @Slot(list)
    def open_names(self, names: list[str]) -> None:
        """Open files and folders by name."""
        self._opening.open(Path(name) for name in names)

    @Slot()
    def note_on_exhibit(self) -> None:
        """Write on the current exhibit."""
        exhibit = self._session.current
        if exhibit is None:
            return
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle(f"Note on “{exhibit.name}”")
        dialog.setLabelText("Printed on the report:")
        dialog.setOption(QInputDialog.InputDialogOption.UsePlainTextEditForTextInput)
        dialog.setTextValue(exhibit.marks.note)
        for field in dialog.findChildren(QPlainTextEdit):
            field.setAccessibleName(dialog.windowTitle())
        dialog.textValueSelected.connect(_NoteWriter(self._session, exhibit, dialog).write)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    @Slot()
    def export_report(self) -> None:
        """Ask where the report goes, and for what only people can say; nothing of it is filled in by the program."""
        if not self._session.case().exhibits:
            self._teller.tell("There is nothing to report yet: open a photograph first.")
            return
        hidden = [exhibit for exhibit in self._session.exhibits if exhibit.hides_metadata]
        if hidden:
            locked = all(one.record is not None and one.record.blind == "locked" for one in hidden)
            step = "Reveal the metadata" if locked else "Lock the pixel-only notes and reveal the metadata"
            self._teller.tell_blind(
                f"The metadata of {named([one.name for one in hidden])} are hidden, and a report prints them. "
                f"{step} first (Report menu), or close {'the exhibit' if len(hidden) == 1 else 'these exhibits'}."
            )
            return
        unfinished = [exhibit.name for exhibit in self._session.exhibits if exhibit.is_busy]
        if unfinished:
            self._teller.tell(
                f"A report now would hold no result of {named(unfinished)}, whose analysis is not done. "
                "Wait for it, or stop it (Esc), and export again.",
                "warning",
            )
            return
        from workstation.report.texts import languages  # noqa: PLC0415 - reportlab loads when a report is asked for

        view = self._cases.view
        in_case = () if view is None else tuple(record.path for record in view.exhibits)
        evidence = (*(exhibit.path for exhibit in self._session.exhibits), *in_case)
        held = 0 if view is None else sum(record.withdrawn is None for record in view.exhibits)
        words = scope_words(self._session.exhibits, held)
        known = replace(self._known_of_order(), language=self._language(languages()))
        dialog = ReportDialog(
            self._target(), known, evidence, languages(), self._window, looks=self._looks, words=words
        )
        dialog.answered.connect(self.write_asked_report)
        dialog.open()

    def _target(self) -> Path:
        current = self._session.current
        stem = "report" if current is None or len(self._session.exhibits) > 1 else f"{current.path.stem} report"
        return free_target(Path(self._export_folder()), stem, self._looks)

    def _export_folder(self) -> str:
        return self._beginning(self._store.current.export_folder or QDir.homePath())

    def _beginning(self, folder: str) -> str:
        """Where a dialog begins: in this folder, or at home where its disk does not answer."""
        return self._looks.answering(folder, QDir.homePath()) if folder else ""

    def _language(self, there: Sequence[str]) -> str:
        """Of the last report, or the system's; English where there are no texts for it."""
        wanted = self._store.current.report_language or QLocale.system().name()[:2]
        return wanted if wanted in there else "en"

    def _known_of_order(self) -> Stated:
        """What was stated in the case, or for the last report of this session."""
        view = self._cases.view
        if view is None:
            return self._stated if self._stated != Stated() else Stated(operator=self._store.current.operator)
        return stated_of(view.details, view.operator, self._stated.language)

    @Slot(object)
    def write_asked_report(self, values: Values) -> None:
        """Write the report that was asked for; what was stated anew is kept in the case, too."""
        stated, view = stated_in(values), self._cases.view
        if view is not None and not view.read_only and (changed := changed_details(stated, view.details)):
            self._cases.statements.set_details(changed)
        self._keep(report_language=stated.language)
        self.write_report(str(values["target"]), stated, signing_in(values))

    def write_report(self, name: str, stated: Stated | None = None, signing: Signing | None = None) -> None:
        """Write the report into this file."""
        self._stated = stated or Stated(operator=self._store.current.operator)
        target, keeper = Path(name), self._cases.keeper
        self._keep_folder(target.parent)
        if keeper is None:
            self._exports.report(target, self._stated, signing, None)
        else:  # after what waits to be written into the case
            asked = self._stated
            self._cases.do(
                "saving the case before the report",
                lambda _: None,
                lambda _: self._exports.report(target, asked, signing, keeper),
                writes=False,
            )

    def show_outside(self, path: Path) -> None:
        """Show a file or folder that was written with the program that the system has for it."""
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self._teller.tell(f"The system has no program to show “{visible(str(path))}”.", "warning")

    def _keep_folder(self, folder: Path) -> None:
        self._keep(export_folder=str(folder))

    def _keep(self, **values: str) -> None:
        try:
            self._store.change(**values)
        except WorkstationError as error:
            self._teller.tell_problem(error)

    @Slot()
    def export_maps(self) -> None:
        """Ask where the maps go."""
        exhibit = self._session.current
        if exhibit is None or exhibit.result is None or exhibit.result.maps is None:
            self._teller.tell("There are no maps yet: analyse the photograph first (A).")
            return
        folder = self._export_folder()
        dialog = QFileDialog(self._window, "Export maps into a folder", folder)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptOpen)
        dialog.fileSelected.connect(self.write_maps)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    @Slot(str)
    def write_maps(self, folder: str) -> None:
        """Write the current exhibit's maps into this folder."""
        exhibit = self._session.current
        if exhibit is not None:
            self._keep_folder(Path(folder))
            self._exports.maps(exhibit, Path(folder))

    @Slot()
    def show_likeness(self) -> None:
        """Which exhibits and regions look alike: of the case, or of what is open."""
        self._compare_sets("")

    @Slot()
    def test_region(self) -> None:
        """Whether the chosen region differs from another one."""
        self._compare_sets(self._chosen_region())

    def _compare_sets(self, region: str) -> None:
        keeper, current = self._cases.keeper, self._session.current
        if keeper is None:
            shown = tuple(
                OpenResult(one.key, one.name, one.result, one.marks.regions)
                for one in self._session.exhibits
                if one.result is not None
            )
            dialog = LikenessDialog(self._jobs, lambda: sets_of_window(shown), "open exhibits", self._window)
            first = "" if current is None else current.name
        else:
            self._cases.save_now()
            dialog = LikenessDialog(self._jobs, lambda: sets_of_case(keeper), "the case", self._window)
            first = "" if current is None or current.record is None else named_exhibit(current.record)
        dialog.choose_first(f"{first}, region {region}" if region else first)
        dialog.open()

    @Slot()
    def show_self_test(self) -> None:
        """Check this installation."""
        SelfTestDialog(self._jobs, parent=self._window).open()

    @Slot()
    def show_limits(self) -> None:
        """What it can and cannot tell."""
        self._show_page("What it can and cannot tell", limits_page())

    @Slot()
    def show_about(self) -> None:
        """Version, weights, licences."""
        self._show_page("About Exifact", about_page())

    def show_keys(self, actions: Actions) -> None:
        """All keys."""
        self._show_page("Keys", keys_page(actions.keys))

    @Slot()
    def save_problem_report(self) -> None:
        """Ask where the last problem report goes."""
        if self._teller.last_problem is None:
            self._teller.tell("No unexpected problem has happened in this session.")
            return
        dialog = self._save_dialog("Save problem report", "exifact-problem.txt", "Text (*.txt)", "txt")
        dialog.fileSelected.connect(self.write_problem_report)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    @Slot(str)
    def write_problem_report(self, name: str) -> None:
        """Write the last problem report into this file."""
        problem = self._teller.last_problem
        if problem is None:
            return
        try:
            problem.save(Path(name))
        except WorkstationError as error:
            self._teller.tell_problem(error)
        else:
            self._teller.tell(f"The problem report is in “{name}”.", "success")

    def _show_page(self, title: str, html: str) -> None:
        dialog = TextDialog(title, html, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def ask(self, question: str, explanation: str, yes: str, no: str = "Cancel") -> bool:
        """Ask once; `no` is the default answer, and that of Esc."""
        box = QMessageBox(QMessageBox.Icon.NoIcon, "Exifact", question, parent=self._window)
        box.setInformativeText(explanation)
        for label in box.findChildren(QLabel):
            label.setTextFormat(Qt.TextFormat.PlainText)
        agree = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
        refuse = box.addButton(no, QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(refuse)
        box.setEscapeButton(refuse)
        box.exec()
        return box.clickedButton() is agree

    def _save_dialog(self, title: str, name: str, name_filter: str, suffix: str) -> QFileDialog:
        dialog = QFileDialog(self._window, title, self._export_folder())
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setNameFilter(name_filter)
        dialog.setDefaultSuffix(suffix)
        dialog.selectFile(name)
        return dialog


class _NoteWriter(QObject):
    """Brings a note into the session."""

    def __init__(self, session: Session, exhibit: OpenExhibit, dialog: QDialog) -> None:
        super().__init__(dialog)
        self._session, self._exhibit = session, exhibit

    @Slot(str)
    def write(self, text: str) -> None:
        """Keep it."""
        self._session.edit(self._exhibit, "note on the exhibit", replace(self._exhibit.marks, note=text.strip()))
