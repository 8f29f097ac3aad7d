"""Makes the pictures of the README: goes through its tour in a real window, with mouse and keys, as a user does.

Needs a display; ``make screenshots`` brings one. The pictures lie beside this file.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import napari
import numpy as np
import tifffile
from napari.utils.notifications import notification_manager
from PIL import Image
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

from napari_objclass import sample
from napari_objclass.widgets.feature_dialog import FeatureDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_objclass.sample import Sample

HERE = Path(__file__).parent
#: A laptop's screen.
SIZE = (1366, 698)
#: All there is of Export fits on it.
TALL = (1366, 790)
#: So many colours do, and keep files small.
COLOURS = 192
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


class Window:
    """A window with the workbench, and the user before it; objects are known by ``made``."""

    def __init__(self, made: Sample) -> None:
        self.viewer = napari.Viewer()
        self.viewer.theme = "dark"
        self.made = made
        self.frame = self.viewer.window.main_menu.window()
        self.frame.resize(*SIZE)
        _, self.workbench = self.viewer.window.add_plugin_dock_widget("napari-objclass", "Object Classification")
        self.shared = self.workbench.shared
        self.canvas = self.viewer.window._qt_viewer.canvas.native  # there is no public way to the canvas
        self.wait()

    def step(self, name: str) -> Any:
        """Open a step by its header, and return it."""
        step = self.workbench.step(name)
        QTest.mouseClick(self.workbench.accordion.headers[step], LEFT)
        self.wait()
        return step

    def press(self, button: QWidget) -> None:
        """Click a button."""
        QTest.mouseClick(button, LEFT)
        self.wait()

    def key(self, key: Qt.Key) -> None:
        """Type a key over the picture."""
        self.canvas.setFocus()
        QTest.keyClick(self.canvas, key)
        self.wait()

    def click(self, object_id: int, button: Qt.MouseButton = LEFT) -> None:
        """Click an object where it is on the screen."""
        spot = np.argwhere(self.made.labels == object_id).mean(axis=0)[-2:]
        from_centre = (spot - self.viewer.scene.camera.center[-2:]) * self.viewer.scene.camera.zoom
        y, x = from_centre / self.canvas.devicePixelRatioF() + (self.canvas.height() / 2, self.canvas.width() / 2)
        QTest.mouseMove(self.canvas, QPoint(round(x), round(y)))
        QTest.mouseClick(self.canvas, button, pos=QPoint(round(x), round(y)))
        self.wait()

    def label_examples(self, per_class: int) -> None:
        """Click so many objects of each class, choosing the class by its key."""
        examples = sample.labelled_examples(self.made, per_class)
        for number, key in enumerate((Qt.Key.Key_1, Qt.Key.Key_2), 1):
            self.key(key)
            for object_id in (each for each, cls in examples.items() if cls == number):
                self.click(object_id)
        self.wait(lambda: self.shared.shown.forest and sum(self.shared.shown.forest.n_samples) == len(examples))

    def next_unsure(self) -> int:
        """Go to the next unsure object that is not cut by the border of the image."""
        while True:
            self.key(Qt.Key.Key_N)
            object_id = self.shared.guide.current[1]
            places = np.argwhere(self.made.labels == object_id)
            if places.min() > 0 and np.all(places.max(axis=0) < np.array(self.made.labels.shape) - 1):
                return object_id

    def wait(self, condition: Callable[[], object] = lambda: True) -> None:
        """Let the window come to rest."""
        end = time.monotonic() + 60
        while not (condition() and self.shared.activity is None):
            if time.monotonic() > end:
                raise TimeoutError("waited in vain")
            QApplication.processEvents()
            time.sleep(0.01)
        for _ in range(20):
            QApplication.processEvents()
            time.sleep(0.01)

    def picture(self, above: QWidget | None = None) -> Image.Image:
        """Take a picture of the window, and of a menu above it."""
        self.viewer.status = "Ready"  # else it tells what was known when the mouse came here
        self.wait()
        found = Image.fromarray(self.viewer.screenshot(canvas_only=False, flash=False)).convert("RGB")
        if above is not None:
            place = self.frame.mapFromGlobal(above.mapToGlobal(QPoint(0, 0)))
            found.paste(grab(above), (place.x(), place.y()))
        return found

    def page(self) -> Image.Image:
        """Take a picture of the workbench alone."""
        self.wait()
        if self.shared.session.path is not None:
            self.workbench.footer.state.setText("saved 14:03")  # a picture that is made again is the same
        return grab(self.workbench)


def grab(widget: QWidget) -> Image.Image:
    """Take a picture of a widget."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/widget.png"
        widget.grab().save(path)
        return Image.open(path).convert("RGB")


def beside(pictures: list[Image.Image], gap: int = 12) -> Image.Image:
    """Put pictures side by side."""
    width = sum(each.width for each in pictures) + gap * (len(pictures) - 1)
    found = Image.new("RGB", (width, max(each.height for each in pictures)), "white")
    for place, each in enumerate(pictures):
        found.paste(each, (sum(other.width + gap for other in pictures[:place]), 0))
    return found


def keep(picture: Image.Image, name: str) -> None:
    """Write a picture beside this file."""
    path = HERE / f"{name}.png"
    few = picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def tour(folder: Path) -> None:
    """Go through the tour: sample, clicks, unsure ones, menu, save, export."""
    window = Window(sample.nuclei_2d())
    pages = [window.page()]
    window.press(window.workbench.start.sample)
    window.wait(lambda: window.shared.shown and window.shared.shown.table is not None)
    window.label_examples(6)
    keep(window.picture(), "workbench")

    window.key(Qt.Key.Key_U)
    keep(window.picture(), "uncertainty")
    window.key(Qt.Key.Key_U)
    object_id = window.next_unsure()
    window.click(object_id, RIGHT)
    menu = QApplication.activePopupWidget()
    keep(window.picture(above=menu).crop((330, 20, 1062, 560)), "menu")
    menu.close()
    window.click(object_id)

    QTest.mouseClick(window.workbench.footer.save, LEFT)
    window.wait(lambda: window.workbench.footer.findChild(QFileDialog))
    dialog = window.workbench.footer.findChild(QFileDialog)
    dialog.findChild(QLineEdit).setText(str(folder / "nuclei.objclass"))
    dialog.accept()
    window.wait(lambda: not window.shared.session.unsaved)
    classify = window.step("object_classification")
    window.press(classify.agreement.unfold)
    pages.append(window.page())
    window.press(classify.agreement.unfold)
    results = window.step("results")
    names = results.pages["export"].names
    names.folder.setText("results")
    names.folder.setModified(True)
    names.folder.editingFinished.emit()
    pages.append(window.page())
    keep(beside(pages), "pages")
    keep(beside(all_results(window, folder)), "results")

    window.press(window.step("feature_selection").choose)
    dialog = next(each for each in QApplication.topLevelWidgets() if isinstance(each, FeatureDialog))
    dialog.tree.setCurrentItem(dialog.tree.findItems("Histogram of Intensity", Qt.MatchFlag.MatchRecursive)[0])
    window.wait()
    features = grab(dialog)
    dialog.close()
    window.viewer.close()
    keep(beside([several_images(folder), features]), "images_features")


def all_results(window: Window, folder: Path) -> list[Image.Image]:
    """Open all there is of Export, then classify a folder of images; take pictures of both, and of the pairs."""
    results = window.workbench.step("results")
    export, batch = results.pages["export"], results.pages["batch"]
    window.frame.resize(*TALL)
    window.press(export.more_section.title)
    pictures = [window.page()]
    window.press(export.more_section.title)
    results.tabs.setCurrentIndex(1)
    plate = folder / "plate"
    plate.mkdir()
    write_wells(plate, 6)
    batch.look_at([str(plate)])
    window.wait(batch.pairing.add.isEnabled)
    pictures.append(window.page())
    window.press(batch.pairing.add)
    window.press(batch.run)
    window.wait(lambda: not batch.batch.left)
    pictures.append(window.page())
    results.tabs.setCurrentIndex(0)
    window.frame.resize(*SIZE)
    window.wait()
    return pictures


def write_wells(folder: Path, n: int) -> None:
    """Write the sample several times, moved, as images with label images."""
    made = sample.nuclei_2d()
    for number in range(1, n + 1):
        tifffile.imwrite(folder / f"well_A{number}.tif", np.roll(made.raw, 80 * number, axis=0))
        labels = np.roll(made.labels, 80 * number, axis=0).astype(np.uint16)
        tifffile.imwrite(folder / f"well_A{number}_labels.tif", labels)


def several_images(folder: Path) -> Image.Image:
    """Add a folder of images, and take a picture of their table."""
    write_wells(folder, 4)
    window = Window(sample.nuclei_2d())
    images = window.step("input_data")
    images.look_at([str(each) for each in sorted(folder.glob("well*.tif"))])
    window.wait(lambda: images.pairing.add.isEnabled())
    window.press(images.pairing.add)
    window.wait(lambda: len(window.shared.session.lanes) == 4 and window.shared.shown.table is not None)
    for number in (1, 2, 3, 0):
        window.shared.show(number)
        window.wait(lambda: window.shared.shown.table is not None)
    page = window.page()
    window.viewer.close()
    return page


def objects() -> None:
    """Find objects in probabilities: drag a threshold, and see what it would find."""
    made = sample.nuclei_2d()
    window = Window(made)
    window.viewer.add_image(made.raw, name="cells")
    window.viewer.add_image(sample.probabilities(made)[..., 0], name="probabilities")
    window.press(window.workbench.start.layers)
    images = window.workbench.step("input_data")
    window.wait(images.layers.use.isEnabled)
    window.press(images.layers.use)
    window.wait(lambda: window.shared.shown and window.shared.shown.table is not None)
    window.viewer.layers["probabilities"].visible = False
    step = window.step("objects")
    fields = step.thresholds.fields
    window.wait(lambda: window.shared.preview.seen is not None)
    fields.method.setCurrentIndex(1)
    fields.method.activated.emit(1)
    fields.apart.click()
    histogram = fields.histogram
    ends = [QPoint(round(histogram.x_of(value)), histogram.height() // 2) for value in (0.5, 0.4)]
    QTest.mousePress(histogram, LEFT, pos=ends[0])
    QTest.mouseMove(histogram, ends[1])
    QTest.mouseRelease(histogram, LEFT, pos=ends[1])
    window.wait(lambda: "Overlay" in window.viewer.layers and not window.shared.display.is_busy)
    keep(window.picture().crop((333, 23, *SIZE)), "objects")
    window.viewer.close()


def volume() -> None:
    """Classify nuclei of a volume, and turn it."""
    window = Window(sample.nuclei_3d())
    window.press(window.workbench.start.other_samples)
    menu = window.workbench.start.other_samples.menu()
    menu.actions()[1].trigger()
    menu.close()
    window.wait(lambda: window.shared.shown and window.shared.shown.table is not None)
    for object_id, number in sample.labelled_examples(window.made, 4).items():
        window.shared.annotate(0, [object_id], number)
    window.wait(lambda: window.shared.shown.prediction is not None)
    window.viewer.dims.ndisplay = 3
    window.viewer.scene.camera.angles = (10, 20, 70)
    keep(window.picture(), "volume")
    window.viewer.close()


def large_images() -> None:
    """Classify a volume block by block, and see which nuclei blocks that know nothing of each other would get wrong."""
    window = Window(sample.nuclei_3d())
    window.press(window.workbench.start.other_samples)
    menu = window.workbench.start.other_samples.menu()
    menu.actions()[1].trigger()
    menu.close()
    window.wait(lambda: window.shared.shown and window.shared.shown.table is not None)
    for object_id, number in sample.labelled_examples(window.made, 4).items():
        window.shared.annotate(0, [object_id], number)
    window.wait(lambda: window.shared.shown.prediction is not None)
    results = window.step("results")
    names = results.pages["export"].names
    names.folder.setText("results")
    names.folder.setModified(True)
    names.folder.editingFinished.emit()
    results.tabs.setCurrentIndex(2)
    page = results.pages["blockwise"]
    QTest.keyClicks(page.fields.memory, "4 GB")
    QTest.keyClick(page.fields.memory, Qt.Key.Key_Return)
    window.wait(lambda: "4.0 GB" in page.plan.text())
    before = window.page()
    window.press(page.section.title)
    page.check.how.setCurrentIndex(1)
    for sides, length in ((page.check.blocks, 24), (page.check.halo, 2)):
        for field in sides.fields.values():
            field.setValue(length)
    window.wait(lambda: window.shared.session.blockwise_settings.halo == (2, 2, 2))
    window.press(page.check.start)
    window.wait(lambda: not page.large.checking)
    after = window.picture().crop((333, 23, *SIZE))
    keep(beside([before, after]), "large_images")
    window.viewer.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as found, notification_manager:
        os.environ["OBJCLASS_STATE_DIR"] = f"{found}/state"
        folder = Path(found, "experiment_12")
        folder.mkdir()
        os.chdir(folder)  # where relative names of results are from
        tour(folder)
        objects()
        large_images()
        volume()
