"""What is missing, made up, or of another type: `python -m tests.contract [NAMESPACE ...]`."""

from __future__ import annotations

import sys

from openai_async._client import NAMESPACES

from .documents import newest
from .findings import findings_of
from .known import gathered


def main() -> int:
    """Print the findings that no exception speaks of."""
    known = gathered("KNOWN")
    found = [
        line
        for namespace in sys.argv[1:] or NAMESPACES
        for line in findings_of(namespace).beside(known)
    ]
    print(*found, sep="\n")
    print(f"{len(found)} findings, beside {newest().name}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
