"""The part of a session that has its images: adding, describing and removing them, and what can be seen in them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from napari_objclass import axes as axis_letters
from napari_objclass.errors import ObjClassError, ParameterError
from napari_objclass.features import choose
from napari_objclass.io.arranged import arranged
from napari_objclass.workflow import feature_selection, input_data, large_images, thresholding
from napari_objclass.workflow.chain import Arrival
from napari_objclass.workflow.changes import difference
from napari_objclass.workflow.edits import Edit
from napari_objclass.workflow.events import LanesChanged, ObjectsEdited, SettingsChanged
from napari_objclass.workflow.journaled import Journaled
from napari_objclass.workflow.label_volume import LabelVolume
from napari_objclass.workflow.lane import LABELS, PROBABILITIES, RAW, SEGMENTATION, Pixels, open_source
from napari_objclass.workflow.thresholding import Thresholding

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from napari_objclass.features import FeatureTable
    from napari_objclass.io.image import LazyArray, Stack
    from napari_objclass.workflow.applet import RunOptions
    from napari_objclass.workflow.chain import Chain
    from napari_objclass.workflow.edits import Edits
    from napari_objclass.workflow.events import Event
    from napari_objclass.workflow.input_data import Images
    from napari_objclass.workflow.lane import LaneRecord
    from napari_objclass.workflow.objects import Objects

    Input = ArrayLike | os.PathLike[str] | Stack


class WithImages(Journaled):
    """Images of a session, each by its position or its uuid, which means the same image when others come and go."""

    @property
    def lanes(self) -> list[LaneRecord]:
        """The image sets, in order."""
        return list(self._state.lanes)

    def lane(self, lane: int | str) -> LaneRecord:
        """One image set."""
        return self._at(lane)[1]

    def add_lane(
        self,
        *,
        raw: Input | Sequence[Input] | None = None,
        labels: Input | None = None,
        segmentation: Input | None = None,
        probabilities: Input | Sequence[Input] | None = None,
        axes: str | dict[str, str] | None = None,
        name: str | None = None,
        spacing: Sequence[float] | None = None,
        units: str | None = None,
        offset: Sequence[int] | None = None,
        channel_names: Sequence[str] | None = None,
    ) -> int:
        """Add an image set: raw, and a label image, whose ids are kept, or a segmentation, or probabilities.

        Objects are found in probabilities, or in raw if there is nothing else, by :attr:`thresholding`. Thresholds of
        raw are intensities: they begin with Otsu's if they were never changed.

        Files that a lane has already are not added again: the lane takes the pixels that they have now, as with
        :meth:`relink_lane`. So does a lane that lost these very pixels: its file is gone, or they were only in memory.
        An image set that was removed comes back with its annotations, also if its objects come from elsewhere now:
        labels are places. Of several with this raw, one with the same objects is taken, and of those the latest.

        Parameters
        ----------
        raw, labels, segmentation, probabilities
            Arrays, paths of files, or stacks of files. The objects of a segmentation are its connected components of
            equal values. Raw and probabilities may be lists of arrays or paths, one per channel, all of one shape.
        axes
            Axes of raw (of the objects when there is no raw), or axes by role; guessed if not given. Those of a list
            of channels or a stack may describe one of them.
        name
            Shown to the user; the file's name if not given.
        spacing
            Size of a voxel in array order, (z, y, x) or (y, x); the file's if not given.
        units
            Unit of ``spacing``, such as "µm"; the file's if neither is given.
        offset
            Position of the first voxel in the image this one was cropped from, in array order; the file's if not given.
        channel_names
            What the channels of raw are called on the screen; the file's if not given. Columns of tables keep their
            names ``…_c0``, ``…_c1``.

        Returns
        -------
        int
            Position of the lane.
        """
        images = {RAW: raw, LABELS: labels, SEGMENTATION: segmentation, PROBABILITIES: probabilities}
        described = input_data.describe(
            images,
            axes=axes,
            name=name,
            spacing=spacing,
            units=units,
            offset=offset,
            channel_names=channel_names,
            budget=self._chain.memory.budget,
        )
        arrival = Arrival(*described)
        thresholds = self._first_thresholds(arrival)  # may take long, and must not keep others waiting
        with self._changing:
            record, lanes = arrival.lane, self._state.lanes
            for position, lane in enumerate(lanes):
                if record.is_again(lane, self._chain.given.get(lane.uuid, {})):
                    self._put(position, arrival._replace(lane=input_data.again(lane, record, name)))
                    return position
            removed = self._state.removed_before(record)
            if removed is not None:
                record = input_data.again(removed, record, record.name)
                self._history.forget(partial(_brings_back, record.uuid))
            settings = self._first_selection(arrival.opened)
            if self._state.thresholding == Thresholding():
                settings += thresholds
            self._put(len(lanes), arrival._replace(lane=record), *settings)
            return len(lanes)

    def _put(self, position: int, arrival: Arrival, *more: Event) -> None:
        self._commit(LanesChanged(put=((position, arrival.lane),)), *more, arrival=arrival)

    def _first_selection(self, images: Images) -> list[Event]:
        """Choose features, now that there are images to know which ones there are; nothing if that was done."""
        selection = self._state.feature_selection
        if not isinstance(selection.features, str) and selection.features:
            return []
        wanted = replace(selection, features=selection.features or "default")
        return [SettingsChanged(feature_selection.ID, feature_selection.explicit(wanted, images.extent))]

    def _first_thresholds(self, arrival: Arrival) -> list[Event]:
        """Choose thresholds, now that there are intensities to compare them with; nothing if that was done."""
        settings, images = self._state.thresholding, arrival.opened
        if set(arrival.lane.sources) != {RAW} or images.thresholded is None or settings != Thresholding():
            return []
        return [SettingsChanged(thresholding.ID, thresholding.fitted(images.middle, settings))]

    def relink_lane(
        self,
        lane: int | str,
        *,
        raw: Input | Sequence[Input] | None = None,
        labels: Input | None = None,
        segmentation: Input | None = None,
        probabilities: Input | Sequence[Input] | None = None,
        axes: str | dict[str, str] | None = None,
        offset: Sequence[int] | None = None,
    ) -> None:
        """Give a lane other pixels: a moved file, a new segmentation, a crop; or accept those that its files have now.

        Its annotations stay where they are and mean whatever objects are there.

        Parameters
        ----------
        lane
            Position of the lane, or its uuid.
        raw, labels, segmentation, probabilities
            As in :meth:`add_lane`; those not given stay what they are.
        axes
            Axes of what is given.
        offset
            Position of the first voxel in the whole image, in array order, (0, 0) for the whole image itself; stays
            what it is if not given.
        """
        with self._changing:
            chain, old = self._at(lane)
            sources = {RAW: raw, LABELS: labels, SEGMENTATION: segmentation, PROBABILITIES: probabilities}
            given = chain.given.get(old.uuid, {})
            arrival = Arrival(*input_data.describe_again(old, given, sources, axes, offset, chain.memory.budget))
            self._put(chain.position(lane), arrival)

    def edit_objects(self, lane: int | str, labels: ArrayLike, within: Sequence[slice] | None = None) -> None:
        """Take the label image of a lane as it was edited by hand: what differs from its objects becomes an edit.

        Edits are kept in the project, never in the user's file, and undo takes them back. They belong to the objects
        that they were made on: with other settings or another image they wait, see :meth:`edits`.

        Parameters
        ----------
        lane
            Position of the lane, or its uuid.
        labels
            With the axes of :meth:`label_image`: all of it, or the part ``within``.
        within
            Part outside of which nothing was edited, one slice per axis.

        Raises
        ------
        ShapeError, DtypeError, ParameterError
            For an image of another shape, or with labels that the pixels of :meth:`label_image` cannot hold.
        """
        lane = self.lane(lane).uuid  # its position may be another by then:
        self.objects(lane)  # may take long, and must not keep others waiting
        with self._changing:
            chain, record = self._at(lane)
            images = chain.images(record)
            if images.problem:
                raise ObjClassError(images.problem)
            before = chain.objects(record).labels
            if isinstance(before, LabelVolume):
                raise ObjClassError(large_images.no_edits(record.name))
            change = difference(before, labels, images.axes, within)
            if change:
                self._do(ObjectsEdited((Edit.new(record.uuid, chain.state.base(record), change),)))

    def edits(self, lane: int | str) -> Edits:
        """How many edits by hand are in the objects of a lane, and how many wait for the objects they belong to."""
        chain, record = self._at(lane)
        return chain.state.count_edits(record)

    def rename_lane(self, lane: int | str, name: str) -> None:
        """Give an image set another name; not a matter of undo."""
        if not name.strip():
            raise ParameterError("an image needs a name that is not empty")
        self._describe_lane(lane, name=name)

    def set_spacing(self, lane: int | str, spacing: Sequence[float] | None, *, units: str | None = None) -> None:
        """Say how large a voxel is; not a matter of undo.

        Parameters
        ----------
        lane
            Position of the lane, or its uuid.
        spacing
            Size of a voxel in array order, (z, y, x) or (y, x); None if unknown.
        units
            Its unit, such as "µm"; None if unknown.
        """
        self._describe_lane(lane, spacing=input_data.triple(spacing), units=units)

    def _describe_lane(self, lane: int | str, **values: Any) -> None:
        with self._changing:
            chain, record = self._at(lane)
            changed = replace(record, **values)
            if changed != record:
                self._commit(LanesChanged(put=((chain.position(lane), changed),)))

    def remove_lane(self, lane: int | str) -> None:
        """Remove an image set; its annotations are parked, and undo, or adding it again, brings all back."""
        with self._changing:
            _, record = self._at(lane)
            self._do(LanesChanged(remove=(record.uuid,)))

    def label_image(self, lane: int | str, **run: Unpack[RunOptions]) -> NDArray[Any] | LazyArray:
        """Label image of a lane, with the axes of the image it comes from; of a large one, read where it is sliced."""
        chain, record = self._at(lane)
        return arranged(chain.objects(record, **run).labels, axis_letters.LABELS, chain.images(record).axes)

    def intermediate(self, lane: int | str, stage: str, **run: Unpack[RunOptions]) -> NDArray[Any]:
        """What is known of the objects of a lane before thresholding has found them, with the axes of its label image.

        Parameters
        ----------
        lane
            Position of the lane, or its uuid.
        stage
            ``"smoothed"``: what is compared with the threshold, float32; ``"core"``, ``"filtered core"``: label images
            after the core threshold, and after its size filter; ``"mask"``: after the final threshold;
            ``"unfiltered"``: the objects before the last size filter.
        **run
            ``threads``, ``progress`` and ``cancel``.

        Raises
        ------
        ParameterError
            If the objects are not found by thresholding, or not through this stage.
        """
        chain, record = self._at(lane)
        return axis_letters.from_canonical(chain.intermediate(record, stage, **run), chain.images(record).axes)

    def axes(self, lane: int | str) -> str:
        """Axes of :meth:`label_image`."""
        return self.images(lane).axes

    def images(self, lane: int | str) -> Images:
        """Pixels of a lane, opened and checked."""
        chain, record = self._at(lane)
        return chain.images(record)

    def source(self, lane: int | str, role: str) -> Pixels:
        """Pixels of one role of a lane as its file has them or as they were handed over, read where they are sliced."""
        chain, record = self._at(lane)
        return open_source(record, role, chain.given.get(record.uuid, {}))

    def objects(self, lane: int | str, **run: Unpack[RunOptions]) -> Objects:
        """Objects of a lane, on its label image in canonical form."""
        chain, record = self._at(lane)
        return chain.objects(record, **run)

    def table(
        self, lane: int | str, *, features: str | Sequence[str] | None = None, **run: Unpack[RunOptions]
    ) -> FeatureTable:
        """Feature table of a lane, all frames: the selected features, or those named (ids, "default" or "all")."""
        chain, record = self._at(lane)
        selection = chain.state.feature_selection
        wanted = selection.ids if features is None else choose(features, *chain.images(record).extent)
        return chain.table(record, wanted, selection.margin, **run)

    def _at(self, lane: int | str) -> tuple[Chain, LaneRecord]:
        """Return the chain as it is now, and a lane of it: what follows sees one state, whatever is changed."""
        chain = self._chain
        return chain, chain.state.lanes[chain.position(lane)]


def _brings_back(uuid: str, change: Event) -> bool:
    """Whether a change puts a lane into the list."""
    return isinstance(change, LanesChanged) and uuid in {lane.uuid for _, lane in change.put}
