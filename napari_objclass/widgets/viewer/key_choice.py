"""Which key does what: the user's choice, kept in a file of the user's for all viewers."""

from __future__ import annotations

import json
import logging
import os
from enum import StrEnum
from functools import cache
from pathlib import Path

import platformdirs
from app_model.types import KeyBinding, KeyCode
from psygnal import Signal

from napari_objclass.errors import ParameterError
from napari_objclass.widgets.viewer.actions import ACTIONS
from napari_objclass.workflow.journal import STATE_VARIABLE

log = logging.getLogger(__name__)


class Preset(StrEnum):
    """Keys that go together; the value is what the user reads."""

    DEFAULT = "Default keys"
    ILASTIK = "ilastik keys"


class KeyChoice:
    """Key of every action, "" for none, such as "Ctrl+Shift+Z".

    Attributes
    ----------
    changed
        Emitted when a key is another one.
    """

    changed = Signal()

    def __init__(self, file: Path) -> None:
        self._file = file
        self._keys = _preset(Preset.DEFAULT)
        self._keys |= {action: key for action, key in _read(file).items() if action in self._keys}

    def __getitem__(self, action: str) -> str:
        return self._keys[action]

    def choose(self, action: str, key: str) -> str:
        """Give an action another key; an action that had it before has none then.

        Returns
        -------
        str
            One sentence on what else the key did, "" if nothing.

        Raises
        ------
        ParameterError
            For what is no key.
        """
        key = _normal(key)
        loser = next((each for each in ACTIONS if each.id != action and key and self._keys[each.id] == key), None)
        self._keys[action] = key
        if loser is not None:
            self._keys[loser.id] = ""
        self._keep()
        if loser is not None:
            return f'{key} was the key of "{loser.words}", which has none now.'
        theirs = _napari_action(key) if key else None
        return f'{key} is also napari\'s "{theirs}", which it does not do while it is ours.' if theirs else ""

    def use(self, preset: Preset) -> None:
        """Take all keys of a preset."""
        self._keys = _preset(preset)
        self._keep()

    def _keep(self) -> None:
        defaults = _preset(Preset.DEFAULT)
        chosen = {action: key for action, key in self._keys.items() if key != defaults[action]}
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps(chosen, indent=1), "utf-8")
        except OSError as error:
            log.warning("the keys hold until napari is closed: %s cannot be written (%s)", self._file, error)
        self.changed.emit()


def key_choice() -> KeyChoice:
    """Return the user's choice; the same for all viewers."""
    override = os.environ.get(STATE_VARIABLE)
    folder = Path(override) if override else Path(platformdirs.user_config_dir("objclass", appauthor=False))
    return _choice_in(folder / "keys.json")


@cache
def _choice_in(file: Path) -> KeyChoice:
    return KeyChoice(file)


def _preset(preset: Preset) -> dict[str, str]:
    return {each.id: (each.ilastik if preset is Preset.ILASTIK else None) or each.key for each in ACTIONS}


def _read(file: Path) -> dict[str, str]:
    """Keys in a file; none if it is not there, or not as we write it."""
    try:
        return {str(action): _normal(key) for action, key in json.loads(file.read_text("utf-8")).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        log.warning("the keys are those of the beginning: %s cannot be read (%s)", file, error)
        return {}


def _normal(key: str) -> str:
    if not key:
        return ""
    binding = KeyBinding.from_str(key)
    if len(binding.parts) != 1 or binding.parts[0].key in (None, KeyCode.UNKNOWN):
        raise ParameterError(f"{key!r} cannot be a key here; press one key, with or without Ctrl, Shift and Alt")
    return str(binding)


def _napari_action(key: str) -> str | None:
    """What napari does by a key, in words."""
    from napari.settings import get_settings

    for name, bindings in get_settings().shortcuts.shortcuts.items():
        if any(str(binding) == key for binding in bindings):
            return name.partition(":")[2].replace("_", " ")
    return None
