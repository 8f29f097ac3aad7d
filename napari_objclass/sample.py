"""Generated images of nuclei of two known classes: dim and round in interphase, bright and condensed in mitosis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_objclass import axes as ax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CLASS_NAMES = ("interphase", "mitotic")

_GAP = 2.5  # pixels that stay free around a nucleus, seen along its short axis
_CAMERA_OFFSET = 110.0
_PHOTONS_TO_COUNTS = 4.0


@dataclass(frozen=True, eq=False)
class Sample:
    """A generated image with its answer.

    Attributes
    ----------
    raw
        Pixels, uint16.
    labels
        Label image of the nuclei, uint32, of the same shape but for channels.
    axes
        Axes of the pixels.
    truth
        Class of each nucleus, by id, numbered from 1.
    class_names
        Name of class 1, 2.
    """

    raw: NDArray[np.uint16]
    labels: NDArray[np.uint32]
    axes: str
    truth: dict[int, int]
    class_names: tuple[str, ...] = CLASS_NAMES


def nuclei_2d(seed: int = 0) -> Sample:
    """Image of 512 x 512 pixels with 160 nuclei, axes yx."""
    rng = np.random.default_rng(seed)
    raw, labels, truth = _field(rng, shape=(1, 512, 512), n_nuclei=160, radius=(1.0, 13.0))
    return Sample(raw[0], labels[0], "yx", truth)


def nuclei_3d(seed: int = 0) -> Sample:
    """Volume of 32 x 192 x 192 voxels with 130 nuclei, axes zyx."""
    rng = np.random.default_rng(seed)
    raw, labels, truth = _field(rng, shape=(32, 192, 192), n_nuclei=130, radius=(4.5, 8.5))
    return Sample(raw, labels, "zyx", truth)


def nuclei_2d_t(seed: int = 0, n_frames: int = 5) -> Sample:
    """Film of 256 x 256 pixels with up to 48 nuclei that drift together and keep their ids, axes tyx."""
    raw, film, truth = _film(seed, n_frames, shape=(1, 256, 256), n_nuclei=48, radius=(1.0, 13.0))
    return Sample(raw[:, 0], film[:, 0], "tyx", truth)


def nuclei_3d_t(seed: int = 0, n_frames: int = 3) -> Sample:
    """Film of 16 x 96 x 96 voxels with up to 30 nuclei that drift together and keep their ids, axes tzyx."""
    raw, film, truth = _film(seed, n_frames, shape=(16, 96, 96), n_nuclei=30, radius=(3.5, 7.5))
    return Sample(raw, film, "tzyx", truth)


def nuclei_2c(seed: int = 0) -> Sample:
    """Image of 256 x 256 pixels with 40 nuclei, axes yxc: alike in channel 0, those of class 2 bright in channel 1."""
    rng, shape = np.random.default_rng(seed), (1, 256, 256)
    nuclei, labels = _place(rng, shape, n_nuclei=40, radius=(1.0, 13.0), kinds=_KINDS[:1])
    is_positive = rng.permutation(np.arange(len(nuclei)) % 3 == 0)
    marked = [replace(each, kind=_MARKERS[int(positive)]) for each, positive in zip(nuclei, is_positive, strict=True)]
    raw = [_expose(rng, _light(rng, each, labels), _background(shape))[0] for each in (nuclei, marked)]
    truth = {number: each.kind.number for number, each in enumerate(marked, start=1)}
    return Sample(np.stack(raw, axis=-1), labels[0], "yxc", truth, ("negative", "positive"))


def labelled_examples(sample: Sample, per_class: int = 6, seed: int = 0) -> dict[int, int]:
    """Class of a few nuclei of each class, drawn at random: what a user might click first.

    Parameters
    ----------
    sample
        The sample.
    per_class
        Number of nuclei of each class.
    seed
        Seed of the draw.

    Returns
    -------
    dict
        Class by id.
    """
    rng = np.random.default_rng(seed)
    drawn: dict[int, int] = {}
    for number in range(1, len(sample.class_names) + 1):
        members = [key for key, value in sorted(sample.truth.items()) if value == number]
        drawn |= {int(key): number for key in rng.choice(members, size=min(per_class, len(members)), replace=False)}
    return drawn


def probabilities(sample: Sample, seed: int = 0) -> NDArray[np.float32]:
    """What a pixel classifier makes of a sample: soft outlines, noise, and a few spots where nothing is.

    Parameters
    ----------
    sample
        The sample.
    seed
        Seed of the noise.

    Returns
    -------
    ndarray of float32
        Probability of nucleus and of background, with the axes of the label image and c.
    """
    rng = np.random.default_rng(seed)
    labels = ax.to_canonical(sample.labels, ax.without_channel(sample.axes), ax.LABELS)
    frames = []
    for inside in labels > 0:
        unsure = 0.1 * _noise(rng, inside.shape, sigma=1.5)
        spots = np.clip(_noise(rng, inside.shape, sigma=1.5) - 2.7, 0, 1)
        frames.append(np.clip(_blur(inside.astype(np.float64), 2.2) + unsure + spots, 0.0, 1.0))
    nucleus = ax.from_canonical(np.stack(frames), ax.without_channel(sample.axes)).astype(np.float32)
    return np.stack([nucleus, 1 - nucleus], axis=-1)


@dataclass(frozen=True)
class _Kind:
    """How the nuclei of one class look; sizes as shares of the common radius, ranges of uniform distributions."""

    number: int
    share: float
    length: tuple[float, float]  # half of the long axis
    elongation: tuple[float, float]
    height: float
    waviness: float
    photons: float
    spread: float  # of log(photons) from nucleus to nucleus
    texture: float
    nucleoli: float


_KINDS = (
    _Kind(1, 0.7, (0.9, 1.25), (1.0, 1.35), 1.0, 0.03, photons=190, spread=0.20, texture=0.10, nucleoli=0.4),
    _Kind(2, 0.3, (0.65, 1.0), (1.3, 2.6), 0.75, 0.05, photons=480, spread=0.26, texture=0.32, nucleoli=0.0),
)

# What a second stain shows of a nucleus.
_MARKERS = (
    replace(_KINDS[0], photons=30, nucleoli=0.0),
    replace(_KINDS[0], number=2, photons=260, spread=0.30, texture=0.20, nucleoli=0.0),
)


@dataclass(frozen=True)
class _Nucleus:
    """An ellipsoid with a wavy outline, in its own window of the image."""

    kind: _Kind
    window: tuple[slice, slice, slice]
    inside: NDArray[np.bool_]
    depth: Floats  # 1 in the middle, 0 at the outline


def _field(
    rng: Generator, shape: tuple[int, int, int], n_nuclei: int, radius: tuple[float, float]
) -> tuple[NDArray[np.uint16], NDArray[np.uint32], dict[int, int]]:
    nuclei, labels = _place(rng, shape, n_nuclei, radius, _KINDS)
    raw = _expose(rng, _light(rng, nuclei, labels), _background(shape))
    return raw, labels, {number: nucleus.kind.number for number, nucleus in enumerate(nuclei, start=1)}


def _film(
    seed: int, n_frames: int, shape: tuple[int, int, int], n_nuclei: int, radius: tuple[float, float]
) -> tuple[NDArray[np.uint16], NDArray[np.uint32], dict[int, int]]:
    """Frames of a larger field that moves along y and x."""
    rng, (depth, height, width) = np.random.default_rng(seed), shape
    margin = 4 * n_frames
    nuclei, labels = _place(rng, (depth, height + margin, width + margin), n_nuclei, radius, _KINDS)
    light = _light(rng, nuclei, labels)
    windows = [np.s_[:, 3 * t : 3 * t + height, 2 * t : 2 * t + width] for t in range(n_frames)]
    raw = np.stack([_expose(rng, light[window], _background(shape)) for window in windows])
    film = np.stack([labels[window] for window in windows])
    return raw, film, {int(number): nuclei[number - 1].kind.number for number in np.unique(film) if number}


def _place(
    rng: Generator,
    shape: tuple[int, int, int],
    n_nuclei: int,
    radius: tuple[float, float],
    kinds: Sequence[_Kind],
) -> tuple[list[_Nucleus], NDArray[np.uint32]]:
    """Put nuclei at random places with a gap between them, and draw their label image."""
    labels = np.zeros(shape, np.uint32)
    nuclei: list[_Nucleus] = []
    for _ in range(30 * n_nuclei):
        nucleus, surrounded = _shape(rng, shape, radius, kinds)
        if nucleus.inside.any() and not labels[nucleus.window][surrounded].any():
            nuclei.append(nucleus)
            labels[nucleus.window][nucleus.inside] = len(nuclei)
        if len(nuclei) == n_nuclei:
            break
    return nuclei, labels


def _shape(
    rng: Generator, shape: tuple[int, int, int], radius: tuple[float, float], kinds: Sequence[_Kind]
) -> tuple[_Nucleus, NDArray[np.bool_]]:
    """Draw a nucleus, and its outline with the gap around it."""
    share = np.array([kind.share for kind in kinds])
    kind = rng.choice(np.array(kinds, object), p=share / share.sum())
    long = radius[1] * rng.uniform(*kind.length)
    short = long / rng.uniform(*kind.elongation)
    high = radius[0] * kind.height
    centre = rng.uniform(0, shape) if shape[0] > 1 else np.array([0, *rng.uniform(0, shape[1:])])
    reach = np.array([high, 1.2 * long, 1.2 * long]) + _GAP + 1
    start = np.maximum(centre - reach, 0).astype(int)
    stop = np.minimum(centre + reach + 2, shape).astype(int)
    window = (slice(start[0], stop[0]), slice(start[1], stop[1]), slice(start[2], stop[2]))
    z, y, x = (grid - middle for grid, middle in zip(np.ogrid[window], centre, strict=True))
    turn = rng.uniform(0, np.pi)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    angle = np.arctan2(across / short, along / long)
    waves = [rng.normal(0, 1.5 * kind.waviness / k) * np.cos(k * angle + rng.uniform(0, 2 * np.pi)) for k in (2, 3, 4)]
    distance = np.sqrt((along / long) ** 2 + (across / short) ** 2 + (z / high) ** 2) / (1 + sum(waves))
    return _Nucleus(kind, window, distance <= 1, np.clip(1 - distance, 0, 1)), distance <= 1 + _GAP / short


def _light(rng: Generator, nuclei: list[_Nucleus], labels: NDArray[np.uint32]) -> Floats:
    """Photons from the nuclei: chromatin texture, dark nucleoli, blurred by the microscope."""
    chromatin = _noise(rng, labels.shape, sigma=1.2)
    nucleoli = np.clip(_noise(rng, labels.shape, sigma=2.4) - 1, 0, 1)
    light = np.zeros(labels.shape)
    for nucleus in nuclei:
        kind, window = nucleus.kind, nucleus.window
        pattern = np.clip(1 + kind.texture * chromatin[window] - kind.nucleoli * nucleoli[window], 0.1, 3)
        dome = 0.55 + 0.45 * np.sqrt(nucleus.depth)
        brightness = rng.lognormal(np.log(kind.photons), kind.spread)
        light[window] += np.where(nucleus.inside, brightness * dome * pattern, 0)
    return _blur(light, 1.0)


def _background(shape: tuple[int, ...]) -> Floats:
    """Uneven illumination: a tilted plane and a bright hill."""
    y, x = (grid / length - 0.5 for grid, length in zip(np.ogrid[: shape[1], : shape[2]], shape[1:], strict=True))
    hill = np.exp(-((y + 0.18) ** 2 + (x - 0.12) ** 2) / 0.18)
    return np.broadcast_to(24 + 22 * x - 14 * y + 42 * hill, shape)


def _expose(rng: Generator, light: Floats, background: Floats) -> NDArray[np.uint16]:
    """Camera counts: shot noise of the photons, gain, offset and read noise."""
    photons = rng.poisson(light + background)
    counts = photons * _PHOTONS_TO_COUNTS + _CAMERA_OFFSET + rng.normal(0, 5, light.shape)
    return np.clip(np.rint(counts), 0, 65535).astype(np.uint16)


def _noise(rng: Generator, shape: tuple[int, ...], sigma: float) -> Floats:
    """Smooth noise of mean 0 and standard deviation 1."""
    smooth = _blur(rng.standard_normal(shape), sigma)
    scaled: Floats = (smooth - smooth.mean()) / smooth.std()
    return scaled


def _blur(image: Floats, sigma: float) -> Floats:
    """Gaussian of three sigma reach along all axes longer than 1, edges repeated."""
    reach = int(3 * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    for axis in range(image.ndim):
        if image.shape[axis] > 1:
            image = _convolve(image, kernel, axis)
    return image


def _convolve(image: Floats, kernel: Floats, axis: int) -> Floats:
    reach, length = len(kernel) // 2, image.shape[axis]
    padding: list[Any] = [(0, 0)] * image.ndim
    padding[axis] = (reach, reach)
    padded = np.moveaxis(np.pad(image, padding, mode="edge"), axis, 0)
    result = np.zeros_like(padded[:length])
    for offset, weight in enumerate(kernel):
        result += weight * padded[offset : offset + length]
    return np.moveaxis(result, 0, axis)
