"""Which of ilastik's workflows a project is of, and what helps with those that cannot be imported."""

from __future__ import annotations

import re

from napari_objclass.errors import FileError

#: Variants of object classification by what a name has in it, of the workflow or of the Python class in blank projects,
#: and the role that its objects come from; in this order, since "pixel prediction map" is one name of the first.
_VARIANTS = {"prediction": "probabilities", "binary|segmentation": "segmentation", "label": "labels"}

_PROBABILITIES = "export its probabilities from ilastik, and add them as the probabilities of an image"
_LABELS = "export its objects from ilastik as label images, and add them as the labels of an image"

#: What helps instead, by what the workflow's name has in it.
_INSTEAD = {
    "object ?classification": _PROBABILITIES.replace("its probabilities", "its pixel probabilities"),
    "tracking|carving|multicut": _LABELS,
    "pixel|autocontext|neural|domain adaptation": _PROBABILITIES,
    "counting|density": "it counts without finding objects; find them in its images or in a probability map",
    "conversion": "it only converts images; add these as they are",
}


def variant_of(workflow: str, path: object) -> str:
    """Role that objects come from: ``probabilities``, ``segmentation`` or ``labels``.

    Raises
    ------
    FileError
        If it is another workflow.
    """
    name = workflow.lower()
    if re.search("object ?classification", name):
        for pattern, role in _VARIANTS.items():
            if re.search(pattern, name):
                return role
    instead = next((advice for pattern, advice in _INSTEAD.items() if re.search(pattern, name)), _LABELS)
    raise FileError(f"{path} is a project of ilastik's workflow {workflow!r}, which cannot be imported: {instead}")
