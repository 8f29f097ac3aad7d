from napari_objclass import sample as sample
from napari_objclass.errors import (
    AxesError as AxesError,
    Cancelled as Cancelled,
    DtypeError as DtypeError,
    FeatureError as FeatureError,
    FileError as FileError,
    InternalError as InternalError,
    ObjClassError as ObjClassError,
    ParameterError as ParameterError,
    ProjectError as ProjectError,
    ProjectLockedError as ProjectLockedError,
    ShapeError as ShapeError,
)
from napari_objclass.features import (
    FeatureSpec as FeatureSpec,
    FeatureTable as FeatureTable,
    feature_catalog as feature_catalog,
    measure as measure,
)
from napari_objclass.forest import RandomForest as RandomForest, uncertainty as uncertainty
from napari_objclass.io.image import Stack as Stack
from napari_objclass.kernels import CancelToken as CancelToken
from napari_objclass.labels import connected_components as connected_components
from napari_objclass.thresholding import threshold as threshold
from napari_objclass.workflow.blockwise.classify import (
    BlockwiseResult as BlockwiseResult,
    classify_blockwise as classify_blockwise,
)
from napari_objclass.workflow.blockwise_settings import Blockwise as Blockwise
from napari_objclass.workflow.classes import ObjectClass as ObjectClass
from napari_objclass.workflow.export import Export as Export
from napari_objclass.workflow.feature_selection import FeatureSelection as FeatureSelection
from napari_objclass.workflow.ilastik_project import import_ilp as import_ilp
from napari_objclass.workflow.object_classification import Classifier as Classifier, Prediction as Prediction
from napari_objclass.workflow.opening import open_project as open_project
from napari_objclass.workflow.session import Session as Session
from napari_objclass.workflow.thresholding import Thresholding as Thresholding

__version__: str
