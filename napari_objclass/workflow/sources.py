"""What can be exported and in which formats, under ilastik's names; free of heavy imports."""

# What is exported, and the part of the file name that says so.
PREDICTIONS = "Object Predictions"
PROBABILITIES = "Object Probabilities"
IDENTITIES = "Object Identities"
UNCERTAINTY = "Uncertainty"
ANNOTATIONS = "Annotations"
SOURCES = (PREDICTIONS, PROBABILITIES, IDENTITIES, UNCERTAINTY, ANNOTATIONS)

# Names of the formats, and the suffix that selects the writer.
FORMATS = {
    "compressed hdf5": ".h5",
    "hdf5": ".h5",
    "tif": ".tif",
    "tiff": ".tiff",
    "multipage tiff": ".ome.tiff",
    "png": ".png",
    "numpy": ".npy",
    "single-scale OME-Zarr": ".ome.zarr",
    "multi-scale OME-Zarr": ".ome.zarr",
}

FILENAME = "{dataset_dir}/{nickname}_{result_type}"
INNER_PATH = "exported_data"

# Which columns a table has beside ids, classes and probabilities: the features, or nothing but sizes and places.
ALL, COMPACT = "all", "compact"
COLUMNS = (ALL, COMPACT)

# What an HDF5 table holds of every object beside its row: a crop of raw, all of raw once, or nothing.
OBJECTS, IMAGE, NOTHING = "objects", "image", "nothing"
CROPS = (OBJECTS, IMAGE, NOTHING)
