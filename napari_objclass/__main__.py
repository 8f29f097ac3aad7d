"""``python -m napari_objclass`` is ``objclass``."""

from napari_objclass.cli import main

raise SystemExit(main())
