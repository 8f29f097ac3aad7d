"""The manifest: it is valid, and everything in it works in napari."""

import pytest
from npe2 import PluginManifest

import napari_objclass
from napari_objclass.widgets._base import StepDock
from napari_objclass.widgets.results import PAGES, ResultsStep
from napari_objclass.widgets.workbench import STEPS, Workbench

MANIFEST = f"{napari_objclass.__path__[0]}/napari.yaml"


@pytest.fixture(scope="module")
def manifest():
    return PluginManifest.from_file(MANIFEST)


def test_it_is_valid(manifest):
    manifest.validate_imports()
    assert manifest.name == "napari-objclass"


def test_the_workbench_comes_first(manifest):
    commands = {command.id: command.python_name for command in manifest.contributions.commands}
    first = manifest.contributions.widgets[0]
    assert first.display_name == "Object Classification"
    assert commands[first.command] == f"{Workbench.__module__}:{Workbench.__qualname__}"


def test_every_step_is_a_widget_under_ilastiks_name(make_napari_viewer, manifest):
    viewer, steps = make_napari_viewer(), {}
    for widget in manifest.contributions.widgets[1:]:
        _, dock = viewer.window.add_plugin_dock_widget("napari-objclass", widget.display_name)
        assert isinstance(dock, StepDock)
        assert widget.display_name.removesuffix(" (only this step)") == dock.step.APPLET
        steps[dock.STEP] = dock.shared
    assert set(steps) == {*STEPS, *PAGES} - {ResultsStep}
    assert len(set(map(id, steps.values()))) == 1


def test_samples_open(make_napari_viewer, manifest):
    viewer = make_napari_viewer()
    for sample in manifest.contributions.sample_data:
        raw, labels = viewer.open_sample("napari-objclass", sample.key)
        assert raw.data.shape == labels.data.shape
        viewer.layers.clear()
