"""Object classification for napari, and without it."""
