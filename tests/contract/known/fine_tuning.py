"""Where fine-tuning differs from the document, and why."""

from __future__ import annotations

from collections.abc import Mapping

KNOWN: Mapping[str, str] = {
    "MultiGrader*.graders: a * is not in the document*": (
        "the document's type is a single grader, its example a list, and the guide has names"
    ),
    "fine_tuning.jobs.list: parameter 'metadata' is sent as *'null'*": (
        "None asks for jobs without metadata, as the document says of `metadata=null`"
    ),
}
