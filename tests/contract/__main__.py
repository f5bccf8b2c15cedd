"""What is missing, made up, or of another type: `python -m tests.contract [NAMESPACE ...]`."""

from __future__ import annotations

import sys

import anyio

from openai_async._client import NAMESPACES

from .check import findings_of, matches
from .documents import newest
from .known import all_known


def main() -> int:
    """Print the findings that no exception speaks of."""
    known = all_known()
    count = 0
    for namespace in sys.argv[1:] or NAMESPACES:
        found = anyio.run(findings_of, namespace)
        for line in found:
            if not any(matches(line, pattern) for pattern in known):
                count += 1
                print(line)
    print(f"{count} findings, beside {newest().name}", file=sys.stderr)
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
