"""Other processes of this program, for work that is bound by the processor."""

import gc
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import connection, get_context, parent_process

OBJECTS = 20_000
"""So many new ones let the collector of circles look through them; Python's own 700 took a tenth of an import."""


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

    So the collector of circles need not look through it again; nor often through what comes later, where circles are few.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS)


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
