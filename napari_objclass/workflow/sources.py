"""What can be exported and in which formats, under ilastik's names; free of heavy imports."""

# What is exported, and the part of the file name that says so.
PREDICTIONS = "Object Predictions"
PROBABILITIES = "Object Probabilities"
IDENTITIES = "Object Identities"
UNCERTAINTY = "Uncertainty"
SOURCES = (PREDICTIONS, PROBABILITIES, IDENTITIES, UNCERTAINTY)

# Names of the formats, and the suffix that selects the writer.
FORMATS = {"compressed hdf5": ".h5", "hdf5": ".h5", "tif": ".tif", "tiff": ".tiff", "numpy": ".npy"}

FILENAME = "{dataset_dir}/{nickname}_{result_type}"
INNER_PATH = "exported_data"
