"""What all widgets of a viewer share works without Qt."""

import subprocess
import sys


def test_the_session_of_a_viewer_needs_no_qt():
    report = "import napari_objclass.widgets.viewer.session, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True).stdout.split()
    assert "qtpy" not in loaded
