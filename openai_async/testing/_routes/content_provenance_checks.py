"""`/content_provenance_checks`: pictures and sounds that this server has made are recognized."""

from __future__ import annotations

from datetime import datetime, timezone

from starlette.datastructures import UploadFile

from .._audio import examine
from .._errors import bad_request
from .._http import Answer, Endpoint, Exchange, as_json
from .._media import Origin
from .._params import Json, Spec, Upload, required
from .._png import image_format

SPEC: Spec = {"file": required(Upload())}


async def create(exchange: Exchange) -> Answer:
    """The manifest goes by the file as it was given away, the watermark by what is seen or heard."""
    upload: UploadFile = exchange.params["file"]
    upload.file.seek(0)
    data: bytes = upload.file.read()
    is_image = image_format(data) is not None
    if not is_image:
        try:
            examine(data, upload.filename or "")
        except ValueError:
            raise bad_request("The file must be an image or a recording.", "file") from None
    origin, untouched = exchange.state.media.origin(data)
    results = [{"type": "synthid", **_signal(origin)}]
    if is_image:
        state = "not_present" if origin is None else "trusted" if untouched else "invalid"
        manifest = {"issuer": "OpenAI" if untouched else None, "validation_state": state}
        results.insert(0, {"type": "c2pa", **_signal(origin if untouched else None), **manifest})
    return as_json(
        {"object": "content_provenance_check", "created_at": exchange.now, "results": results}
    )


def _signal(origin: Origin | None) -> Json:
    if origin is None:
        return {"outcome": "not_detected", "model": None, "generated_at": None}
    made = datetime.fromtimestamp(int(origin.made), timezone.utc)
    return {
        "outcome": "detected",
        "model": origin.model,
        "generated_at": made.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


ENDPOINTS = (Endpoint("POST", "/content_provenance_checks", create, SPEC, "form"),)
