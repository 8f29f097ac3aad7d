"""Files that steps leave, read by several threads."""

import ast
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from napari_objclass.workflow.blockwise.parts import Parts


def test_headers_are_parsed_one_at_a_time(tmp_path, monkeypatch):
    parts, parsing = Parts(tmp_path), threading.Semaphore()
    for number in range(4):
        parts.save("ids", number, ids=np.arange(number), keys=np.arange(3))

    def parse(text, parsed=ast.literal_eval):
        assert parsing.acquire(blocking=False), "Python 3.11 fails now and then when two headers are parsed at once"
        time.sleep(0.01)
        parsing.release()
        return parsed(text)

    monkeypatch.setattr(ast, "literal_eval", parse)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: parts.load("ids", number), range(4)))
    assert [len(each["ids"]) for each in found] == [0, 1, 2, 3]
