"""Upload a large file in parts, four at a time, in flat memory.

What fails on the way is tried again. If the whole fails, or the machine does, run it again: it goes
on where it was.

Run it:  python examples/chunked_upload.py large.bin
"""

from __future__ import annotations

import sys
from pathlib import Path

import anyio

from openai_async import AsyncClient, UploadInterruptedError
from openai_async.types.uploads import UploadState

PART = 8 * 2**20


async def main(source: Path) -> None:
    kept = source.with_name(source.name + ".upload")
    state = UploadState()
    if kept.exists():
        state = UploadState.model_validate_json(kept.read_text())
        print(f"going on after {len(state.parts)} parts")

    def told(sent: int, total: int | None) -> None:
        kept.write_text(state.model_dump_json())
        if sys.stderr.isatty():
            print(f"\r{sent:,} of {total:,} bytes", end="", file=sys.stderr)

    async with AsyncClient() as client:
        try:
            upload = await client.uploads.upload_file_chunked(
                file=source,
                mime_type="application/octet-stream",
                purpose="user_data",
                part_size=PART,
                resume=state,
                upload_progress=told,
            )
        except UploadInterruptedError as error:
            kept.write_text(error.state.model_dump_json())
            sys.exit(f"{error.__cause__}\nrun it again to go on")
    kept.unlink()
    assert upload.file is not None
    print(f"{upload.file.id}: {upload.file.bytes:,} bytes")


if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]))
