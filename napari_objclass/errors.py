"""Everything that can go wrong, as one family of exceptions; each message says what, where and how to mend it."""


class ObjClassError(Exception):
    """Base of all errors raised on purpose by napari-objclass."""


class ShapeError(ObjClassError, ValueError):
    """Arrays that do not fit together."""


class AxesError(ObjClassError, ValueError):
    """Axis letters that do not describe the array."""


class DtypeError(ObjClassError, TypeError):
    """A pixel type that cannot be used in this place."""


class ParameterError(ObjClassError, ValueError):
    """A parameter or pixel value outside its domain."""


class FeatureError(ObjClassError, ValueError):
    """A feature id that does not exist, or does not exist for this input."""


class FileError(ObjClassError, OSError):
    """A file that cannot be read or written."""


class ProjectError(ObjClassError):
    """A project file or journal that cannot be used."""


class ProjectLockedError(ProjectError):
    """A project that another process has open."""


class Cancelled(ObjClassError):
    """A computation that was stopped on request."""


class InternalError(ObjClassError, RuntimeError):
    """A defect of napari-objclass itself."""
