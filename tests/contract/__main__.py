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
    namespaces = sys.argv[1:] or NAMESPACES
    found = dict.fromkeys(
        line for namespace in namespaces for line in findings_of(namespace).beside(known)
    )
    for line in found:
        print(line)
    print(f"{len(found)} findings, beside {newest().name}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
