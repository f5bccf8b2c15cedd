"""`python -m openai_async`: the `openai-async` command."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
