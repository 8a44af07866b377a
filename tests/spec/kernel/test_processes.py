"""Other processes: they begin as copies of one, and end with whoever began them."""

import gc
import os
import signal
import subprocess
import sys

import psutil

from sekali import kernel

BEGIN = """
import time
from sekali import kernel
if __name__ == "__main__":
    with kernel.processes(2, "sekali.kernel") as some:
        waiting = [some.submit(time.sleep, 60) for _ in range(2)]
        print(*some._processes, flush=True)
        time.sleep(60)
"""


def test_what_is_done_there_comes_back_from_copies_of_one_process() -> None:
    with kernel.processes(2, "sekali.kernel") as some:
        assert list(some.map(abs, range(-5, 0))) == [5, 4, 3, 2, 1]
        parents = {some.submit(os.getppid).result() for _ in range(8)}
        assert some.submit(gc.get_freeze_count).result() > 1000, "what was imported is not looked through again"
    assert len(parents) == 1 and os.getpid() not in parents


def test_they_end_when_their_beginner_is_killed() -> None:
    beginner = subprocess.Popen([sys.executable, "-c", BEGIN], stdout=subprocess.PIPE, text=True)
    assert beginner.stdout is not None
    children = [psutil.Process(int(pid)) for pid in beginner.stdout.readline().split()]
    children += [child.parent() for child in children]
    beginner.send_signal(signal.SIGKILL)
    _, left = psutil.wait_procs(children, timeout=20)
    assert len(children) == 4 and not left
    beginner.wait()
    beginner.stdout.close()
