"""What it takes to begin: import, build a client, touch a namespace, in a new interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from .peers import PEERS

__all__ = ["measure_start"]

BEFORE = """
import sys, time
wall, cpu = time.perf_counter(), time.process_time()
"""
AFTER = """
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
modules = len(sys.modules)
import json, resource
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
mib = peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
print(json.dumps({"cpu_ms": cpu * 1e3, "wall_ms": wall * 1e3, "peak_mib": mib, "modules": modules}))
"""


def measure_start(peer: str, environment: Mapping[str, str], folder: Path) -> dict[str, float]:
    """Figures of one interpreter, begun in `folder`. The first of all fills the byte code caches."""
    code = BEFORE + PEERS[peer].start + AFTER
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=folder, capture_output=True, check=True
    )
    figures: dict[str, float] = json.loads(ran.stdout)
    return figures
