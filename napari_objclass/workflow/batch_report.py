"""What stands beside the results of a batch: ``run.json``, which says how they came about, and the summaries."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_objclass import __version__
from napari_objclass.errors import Cancelled, FileError, ParameterError, sentence
from napari_objclass.io.whole_files import check_place, replacing
from napari_objclass.workflow import export
from napari_objclass.workflow.batch_image import Status
from napari_objclass.workflow.batch_summary import Summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from napari_objclass.workflow.batch_image import Outcome
    from napari_objclass.workflow.batch_plan import ImageSet, Plan
    from napari_objclass.workflow.predictor import Predictor


class Report:
    """The reports of one run.

    Parameters
    ----------
    predictor, plan
        What classifies, and what.
    part
        What is in the names of the files of a part of a run, such as ``".shard-1-of-4"``.
    origin
        What else is told of where results come from: the project, the command.
    """

    def __init__(self, predictor: Predictor, plan: Plan, *, part: str = "", origin: Mapping[str, Any]) -> None:
        self._predictor, self._plan, self._origin = predictor, plan, dict(origin)
        self._started = _now()
        self._outcomes: dict[int, Outcome] = {}
        self._positions = {id(each.image): position for position, each in enumerate(plan.images)}
        self.run, self.summary, self.groups = (
            plan.folder / f"{stem}{part}{suffix}"
            for stem, suffix in (("run", ".json"), ("summary", ".csv"), ("summary_groups", ".csv"))
        )

    def refuse_to_overwrite(self, protected: Iterable[tuple[str, Path]]) -> None:
        """Say that a result, a file that is read, or one of ``protected`` (role and path) has the name of a report.

        Raises
        ------
        ParameterError
            If that is so.
        FileError
            If the place of a report is taken by something that is not a file.
        """
        own = {os.path.realpath(check_place(path)) for path in (self.run, self.summary, self.groups)}
        for path in (*self._plan.files, *(path for _, path in protected)):
            if os.path.realpath(path) in own:
                raise ParameterError(f"{path} is where the report of the run goes; call it something else")

    def add(self, outcome: Outcome) -> None:
        """Take in what came of an image."""
        self._outcomes[self._positions[id(outcome.image)]] = outcome

    @property
    def outcomes(self) -> list[Outcome]:
        """What came of the images so far, in their order."""
        return [outcome for _, outcome in sorted(self._outcomes.items())]

    @property
    def totals(self) -> Summary:
        """Objects of each class so far."""
        return Summary(self.outcomes, self._predictor.classes)

    @contextmanager
    def written(self) -> Iterator[None]:
        """Write the reports when a ``with`` block ends, however it ends.

        Raises
        ------
        FileError
            If that fails; where the block itself ended by an error, that is what is told.
        """
        ending = "interrupted"
        try:
            yield
            ending = "done"
        except Cancelled:
            raise
        except Exception as error:
            ending = sentence(error)
            raise
        finally:
            try:
                self.write(ending)
            except FileError:
                if ending == "done":
                    raise

    def write(self, ending: str) -> None:
        """Write all reports; ``ending`` is "done", or why the run ended before all images were tried.

        Raises
        ------
        FileError
            If that fails.
        """
        self.totals.write(self.summary, self.groups)
        with replacing(self.run) as temporary:
            temporary.write_text(json.dumps(self._content(ending), indent=1, ensure_ascii=False) + "\n", "utf-8")

    def line(self, outcome: Outcome) -> dict[str, Any]:
        """What is told of one image, as JSON has it."""
        return {
            "image": outcome.image.title,
            "inputs": self._inputs(outcome.image),
            "columns": dict(outcome.image.columns),
            "status": str(outcome.status),
            "files": [self._place(path) for path in outcome.files],
            "n_objects": outcome.n_objects,
            "counts": dict(outcome.counts),
            "seconds": round(outcome.seconds, 3),
            "error": outcome.error,
            "notes": list(outcome.notes),
        }

    def _content(self, ending: str) -> dict[str, Any]:
        forest, outcomes = self._predictor.forest, self.outcomes
        settings = self._predictor.state.settings
        failed = sum(each.status is Status.FAILED for each in outcomes)
        return {
            "software": f"napari-objclass {__version__}",
            **self._origin,
            "started": self._started,
            "ended": _now(),
            "ending": ending,
            "images_planned": len(self._plan.images),
            "images_done": len(outcomes) - failed,
            "images_failed": failed,
            "classifier": {
                "digest": self._predictor.digest,
                "n_trees": forest.forest.n_trees,
                "seed": forest.forest.seed,
                "features": list(forest.features),
                "margin": forest.margin,
                "classes": [each.to_json() for each in self._predictor.classes],
                "samples": dict(zip((each.name for each in forest.classes), forest.n_samples, strict=True)),
            },
            "settings": {applet: each.to_json() for applet, each in settings.items() if applet != export.ID},
            "export": self._plan.settings.to_json(),
            "table": None if self._plan.table is None else self._place(self._plan.table),
            "images": [self.line(each) for each in outcomes],
        }

    def _inputs(self, image: ImageSet) -> list[str]:
        return [self._place(Path(file)) for file in image.files]

    def _place(self, path: Path) -> str:
        """Path from the folder of the report, which holds on other machines where all of it is moved."""
        with suppress(ValueError):  # on another drive
            path = Path(os.path.relpath(path, self._plan.folder))
        return path.as_posix()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
