"""What can be exported and in which formats, under ilastik's names; free of heavy imports."""

# What is exported, and the part of the file name that says so.
PREDICTIONS = "Object Predictions"
PROBABILITIES = "Object Probabilities"
IDENTITIES = "Object Identities"
UNCERTAINTY = "Uncertainty"
ANNOTATIONS = "Annotations"
BLOCKWISE_PREDICTIONS = "Blockwise Object Predictions"
BLOCKWISE_PROBABILITIES = "Blockwise Object Probabilities"
SOURCES = (
    PREDICTIONS,
    PROBABILITIES,
    IDENTITIES,
    UNCERTAINTY,
    ANNOTATIONS,
    BLOCKWISE_PREDICTIONS,
    BLOCKWISE_PROBABILITIES,
)

# As ilastik computes them: blocks that know nothing of each other, so objects are cut where their halo ends.
INDEPENDENT = (BLOCKWISE_PREDICTIONS, BLOCKWISE_PROBABILITIES)
HELP = ", ".join(SOURCES) + "; the last two as ilastik computes them block by block: approximate, for comparison"
# With one channel per class.
WITH_CLASSES = (PROBABILITIES, BLOCKWISE_PROBABILITIES)

# Sources that ilastik has and we do not, and what comes next to them.
NEAREST_SOURCE = {
    "pixel probabilities": PROBABILITIES,
    "simple segmentation": IDENTITIES,
}

# Names of the formats, and the suffix that selects the writer.
FORMATS = {
    "compressed hdf5": ".h5",
    "hdf5": ".h5",
    "tif": ".tif",
    "tiff": ".tiff",
    "multipage tiff": ".ome.tiff",
    "png": ".png",
    "png sequence": ".png",
    "tif sequence": ".tif",
    "tiff sequence": ".tiff",
    "numpy": ".npy",
    "single-scale OME-Zarr": ".ome.zarr",
    "multi-scale OME-Zarr": ".ome.zarr",
}

# Formats that ilastik writes and we do not, and what comes next to them.
_LIKE_PNG = ("bmp", "gif", "jpg", "jpeg", "pbm", "pgm", "pnm", "ppm", "ras")
NEAREST_FORMAT = {
    **dict.fromkeys(_LIKE_PNG, "png"),
    **dict.fromkeys((f"{name} sequence" for name in _LIKE_PNG), "png sequence"),
    "hdr": "tif",
    "hdr sequence": "tif sequence",
    "multipage tiff sequence": "tif sequence",
    "n5": "single-scale OME-Zarr",
    "compressed n5": "single-scale OME-Zarr",
    "blockwise hdf5": "compressed hdf5",
    "dvid": "compressed hdf5",
}

# Pixel types of images.
DTYPES = ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float32", "float64")

FILENAME = "{dataset_dir}/{nickname}_{result_type}"
INNER_PATH = "exported_data"

# Which columns a table has beside ids, classes and probabilities: the features, or nothing but sizes and places.
ALL, COMPACT = "all", "compact"
COLUMNS = (ALL, COMPACT)

# What an HDF5 table holds of every object beside its row: a crop of raw, all of raw once, or nothing.
OBJECTS, IMAGE, NOTHING = "objects", "image", "nothing"
CROPS = (OBJECTS, IMAGE, NOTHING)
