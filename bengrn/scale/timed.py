"""One timed run, in a process of its own: warm up on a tiny task, then the method on the task, by the clock.

`python -m bengrn.scale.timed FILE` reads what to do from a JSON file and writes what it took into another.
"""

import gc
import json
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from bengrn.execute.meter import Meter, tree_memory
from bengrn.registry import build_registry
from bengrn.request import Named
from bengrn.resolve import choose
from bengrn.scale.counts import simulated_counts, task_of
from bengrn.silence import captured_stdout
from bengrn.store import write_text
from bengrn.tasks.frozen import FrozenTask
from bengrn.values import Network

__all__ = ["TINY", "main", "run_timed"]

# cells and genes: enough for any method to start, too few to take time
TINY = (40, 12)
_CLEAR = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


def run_timed(order: dict[str, Any]) -> dict[str, Any]:
    """Run a method on a task and return what it took.

    Compilation, imports and the start of worker processes are the warm-up's, not the method's: they are timed
    apart. Memory is what the process tree had at most beyond what it had before.

    Parameters
    ----------
    order
        "method" and "preset", "settings", "task" (a folder), "seed", "tiny_regulators".

    Returns
    -------
    dict
        "status" ("ok" or "error"), "reason", "warm_up_s", "wall_s", "cpu_s", "memory_bytes".
    """
    asked = Named(order["method"], order["preset"])
    registry = build_registry([asked.file] if asked.file else [])
    method = choose(registry, "method", asked, order["settings"]).instance
    task = FrozenTask.load(Path(order["task"]))
    tiny = task_of(simulated_counts(*TINY), regulators=order["tiny_regulators"])
    taken: dict[str, Any] = {"status": "ok", "reason": "", "warm_up_s": None}
    began = time.perf_counter()
    try:
        _call(method, tiny, order["seed"])
        taken["warm_up_s"] = round(time.perf_counter() - began, 4)
    except Exception as error:  # noqa: BLE001 - a method may refuse so few cells; the clock then runs cold
        taken["reason"] = f"no warm-up: {_line(error)}"
    gc.collect()
    before, own_before = tree_memory(psutil.Process()), _clear_peak()
    with Meter() as meter:
        try:
            with meter.phase("infer"):
                _call(method, task, order["seed"])
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a method may raise anything; that is the finding
            return {**taken, "status": "error", "reason": _line(error)}
        own_after = _peak()
    beyond = max(meter.sampled_memory_bytes - before, own_after - own_before, 0)
    return {**taken, **meter.phases["infer"], "memory_bytes": beyond}


def _call(method: Any, task: FrozenTask, seed: int) -> None:
    """Let the method do all its work on a task, and check that there is a network."""
    adata, regulators = task.adata.copy(), task.truth.regulators
    with captured_stdout() as printed:
        if hasattr(method, "from_truth"):
            network = method.from_truth(adata, task.truth, regulators=regulators, seed=seed)
        elif hasattr(method, "infer"):
            network = method.infer(adata, regulators=regulators, seed=seed)
        else:
            network = None
            for _, head in method.heads(adata, regulators=regulators, seed=seed):
                network = head
    sys.stderr.write("".join(printed))  # the log keeps it
    if not isinstance(network, Network):
        raise TypeError(f"the method returned {type(network).__name__}; expected a Network")


def _clear_peak() -> int:
    """Set the peak memory of this process back to what it has now, where the system can; return that."""
    if _CLEAR.exists():
        _CLEAR.write_text("5")
    return _peak()


def _peak() -> int:
    """Return the highest resident memory of this process since it was set back; 0 where that is not known."""
    if not (_CLEAR.exists() and _STATUS.exists()):
        return 0
    return int(_STATUS.read_text().split("VmHWM:")[1].split()[0]) * 1024


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def main() -> None:
    """Do what the file that is the only argument says."""
    order = json.loads(Path(sys.argv[1]).read_text())
    write_text(Path(order["result"]), json.dumps(run_timed(order)))


if __name__ == "__main__":
    main()
