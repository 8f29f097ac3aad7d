"""Which image files and label files belong together, told from their names alone.

``cells_01.tif`` belongs to ``cells_01_labels.tif``, ``raw/cells_01.tif`` to ``labels/cells_01.tif``: what is left of
two names without the words that tell a role must be the same. Where there is a label image, probabilities are not
needed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from napari_objclass.io.formats import split
from napari_objclass.workflow.lane import LABELS, PROBABILITIES, RAW, SEGMENTATION

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from pathlib import Path

#: Role of a file that is not used.
LEFT_OUT = ""

_WORDS = {
    RAW: "raw image images img intensity intensities",
    LABELS: "label labels lbl lbls labeled labelled mask masks seg segs segmentation segmentations segmented "
    "instance instances object objects identities cp gt",
    PROBABILITIES: "probability probabilities prob probs",
    LEFT_OUT: "predictions uncertainty flows outlines",
}
_ROLE_OF = {word: role for role, words in _WORDS.items() for word in words.split()}
_WORD, _OME = re.compile(r"[0-9a-z]+"), re.compile(r"\.ome(?=\.|$)", re.IGNORECASE)
_CHANNEL = re.compile(r"(?:c|ch|channel|w)\d+")


@dataclass(frozen=True)
class File:
    """An image file, or a dataset in one, with what it is used as.

    Attributes
    ----------
    place
        Path; for HDF5 with the inner path.
    role
        ``"raw"``, ``"labels"``, ``"segmentation"``, ``"probabilities"``, or "" to leave it out.
    """

    place: str
    role: str


@dataclass(frozen=True)
class Paired:
    """Files that make one image.

    Attributes
    ----------
    objects
        Label image, segmentation or probabilities.
    raw
        The image: one file, one per channel, or none.
    """

    objects: File
    raw: tuple[File, ...] = ()

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of ``Session.add_lane``."""
        raw = [each.place for each in self.raw]
        images = {RAW: raw[0] if len(raw) == 1 else raw} if raw else {}
        return {**images, self.objects.role: self.objects.place}


def role_by_name(place: str) -> str | None:
    """Role that the dataset, the file or its folder is named for; None if no word tells."""
    path, inner = split(place)
    for name in (inner, path.name, path.parent.name):
        told = [_ROLE_OF[word] for word in _words(name) if word in _ROLE_OF]
        if {PROBABILITIES, LABELS} <= {*told}:
            return LEFT_OUT  # of classes of objects: a result
        if told:
            return next((role for role in (LEFT_OUT, PROBABILITIES) if role in told), told[-1])
    return None


def pair(files: Sequence[File], *, last: bool = True) -> tuple[list[Paired], list[File]]:
    """Find the image of every label image.

    Parameters
    ----------
    last
        Whether the one image and the one label image that are left belong together, whatever their names.

    Returns
    -------
    list of Paired
        One per label image, segmentation or probabilities, in their order, whether an image was found for it or not.
    list of File
        Images without objects.
    """
    known = {_folder_and_name(each) for each in files if each.role in (LABELS, SEGMENTATION)}
    needed = [each for each in files if each.role == PROBABILITIES and _folder_and_name(each) not in known]
    objects = [each for each in files if each.role in (LABELS, SEGMENTATION) or each in needed]
    free = {each: None for each in files if each.role == RAW}  # a set that keeps the order
    raw: dict[File, tuple[File, ...]] = {}
    for key in (_folder_and_name, _name, _name_without_channel):
        left = [each for each in objects if each not in raw]
        for label, images in _matches(key, left, free, several=key is _name_without_channel):
            raw[label] = images
            for each in images:
                del free[each]
    single = [each for each in objects if each not in raw]
    if last and len(single) == len(free) == 1:
        raw[single[0]] = tuple(free)
        free.clear()
    return [Paired(each, raw.get(each, ())) for each in objects], list(free)


def _matches(
    key: Callable[[File], Hashable], objects: Iterable[File], images: Iterable[File], *, several: bool
) -> list[tuple[File, tuple[File, ...]]]:
    """Label images with the one image (or the several) of their key, where no other label image has it."""
    with_key: defaultdict[Hashable, tuple[list[File], list[File]]] = defaultdict(lambda: ([], []))
    for group, files in enumerate((objects, images)):
        for each in files:
            with_key[key(each)][group].append(each)
    return [
        (labels[0], tuple(found))
        for labels, found in with_key.values()
        if len(labels) == 1 and found and (several or len(found) == 1)
    ]


@lru_cache(1 << 14)
def _folder_and_name(file: File) -> tuple[Path, tuple[str, ...]]:
    folder = split(file.place)[0].parent
    return folder if _plain(folder.name) else folder.parent, _name(file)


def _name_without_channel(file: File) -> tuple[Path, tuple[str, ...]]:
    folder, name = _folder_and_name(file)
    return folder, tuple(word for word in name if not _CHANNEL.fullmatch(word))


@lru_cache(1 << 14)
def _name(file: File) -> tuple[str, ...]:
    return _plain(split(file.place)[0].stem)


def _plain(name: str) -> tuple[str, ...]:
    """Words of a name without those that tell a role."""
    return tuple(word for word in _words(name) if word not in _ROLE_OF)


def _words(name: str) -> list[str]:
    return _WORD.findall(_OME.sub("", name).lower())
