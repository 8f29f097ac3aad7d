"""Reading the pickles of ilastik's settings without executing anything."""

from __future__ import annotations

import pickletools
from typing import Any

_MARK = object()

#: Operations that push their argument, and those that push a constant.
_VALUES = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING",
    "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINBYTES", "SHORT_BINBYTES",
}  # fmt: skip
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_IGNORED = {"PROTO", "FRAME"}


def load(pickled: bytes) -> Any:
    """Build what a pickle of text, numbers, None, lists, dictionaries and tuples describes.

    Raises
    ------
    ValueError
        If it describes anything else, or nothing.
    """
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    try:
        for operation, argument, _ in pickletools.genops(pickled):
            if operation.name == "STOP":
                return stack.pop()
            _apply(operation.name, argument, stack, memo)
    except (IndexError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("the pickle is damaged") from error
    raise ValueError("the pickle is damaged")


def _apply(name: str, argument: Any, stack: list[Any], memo: dict[int, Any]) -> None:
    """Do one operation of the stack machine."""
    if name in _VALUES:
        stack.append(argument)
    elif name in _CONSTANTS:
        stack.append(_CONSTANTS[name])
    elif name == "MARK":
        stack.append(_MARK)
    elif name in {"EMPTY_LIST", "LIST"}:
        stack.append(_since_mark(stack) if name == "LIST" else [])
    elif name in {"EMPTY_DICT", "DICT"}:
        stack.append(_paired(_since_mark(stack)) if name == "DICT" else {})
    elif name == "TUPLE":
        stack.append(tuple(_since_mark(stack)))
    elif name in _TUPLES:
        stack[-_TUPLES[name] :] = [tuple(stack[-_TUPLES[name] :])]
    elif name in {"APPEND", "APPENDS"}:
        items = _since_mark(stack) if name == "APPENDS" else [stack.pop()]
        stack[-1].extend(items)
    elif name in {"SETITEM", "SETITEMS"}:
        items = _since_mark(stack) if name == "SETITEMS" else [stack.pop(-2), stack.pop()]
        stack[-1].update(_paired(items))
    elif name in {"PUT", "BINPUT", "LONG_BINPUT"}:
        memo[argument] = stack[-1]
    elif name == "MEMOIZE":
        memo[len(memo)] = stack[-1]
    elif name in {"GET", "BINGET", "LONG_BINGET"}:
        stack.append(memo[argument])
    elif name not in _IGNORED:
        raise ValueError(f"the pickle holds more than plain values ({name})")


def _since_mark(stack: list[Any]) -> list[Any]:
    """Take what was pushed after the last mark, and the mark."""
    taken = []
    while (value := stack.pop()) is not _MARK:
        taken.append(value)
    return taken[::-1]


def _paired(items: list[Any]) -> dict[Any, Any]:
    return dict(zip(items[::2], items[1::2], strict=True))
