"""The faces in napari; the only importers of Qt and napari."""
