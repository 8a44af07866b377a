"""Other processes of this program, for work that is bound by the processor."""

import gc
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import connection, get_context, parent_process


def processes(workers: int, module: str) -> ProcessPoolExecutor:
    """Processes that run functions of a module, and end with this one however it ends.

    What the module imports is imported once: each begins as a copy of one process that has done nothing else. (Whatever module
    is asked for later is imported by each for itself.)
    """
    context = get_context("forkserver")
    context.set_forkserver_preload([module])
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)


def settle() -> None:
    """What this process has by now (definitions, codes, templates) stays as long as it does.

    So the collector of circles need not look through it again. Circles are few in what comes later, too, and as long as rows
    are made of lines looking for them after every 700 objects took a tenth of all time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS)


_OBJECTS = 20_000
"""Whose making lets the collector look through them."""


def _begin() -> None:
    settle()
    _end_with_parent()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None, "a pool's process has a parent"

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
