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


def sentence(error: BaseException) -> str:
    """What a user is told about an error."""
    if isinstance(error, ObjClassError):
        return str(error)
    if isinstance(error, MemoryError):
        return "not enough memory for this image; close other programs or use a smaller image"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot access {error.filename or 'the output'}: {error.strerror}"
    return f"unexpected {type(error).__name__} ({error}); please report it with the output of the same line and --debug"
