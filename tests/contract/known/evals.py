"""Where evals differ from the document, and why."""

from __future__ import annotations

from collections.abc import Mapping

NULL = "null in the document's own examples: there is nothing to tell yet, or nothing went wrong"
ONE_MESSAGE = "one model for both kinds of messages of a template, which nothing tells apart"

KNOWN: Mapping[str, str] = {
    "EvalRun.error: None is not in the document*": NULL,
    "EvalRun.model: None is not in the document*": "'if applicable', the document says in words",
    "EvalRun.per_model_usage: None is not in the document*": NULL,
    "EvalRun.per_testing_criteria_results: None is not in the document*": NULL,
    "EvalSample.error: None is not in the document*": NULL,
    "EvalMessage.content: ResponseInputFile is not in the document*": ONE_MESSAGE,
}
