"""image, transcribe, translate, models, files, fine-tunes."""

from __future__ import annotations

import base64
import json
import os
import struct
import zlib
from pathlib import Path

import pytest

from openai_async.testing import Server

from .conftest import KEY, Run

PNG = b"\x89PNG\r\n\x1a\n"
EXAMPLES = b'{"prompt": "sky ->", "completion": " blue"}\n' * 3


def clear_png(side: int = 8) -> bytes:
    """A square that is all transparent."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\0\0\0\0" * side) * side)
    return PNG + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def wav() -> bytes:
    """A tenth of a second of silence."""
    data = bytes(1600 * 2)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 16000, 32000, 2, 16)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def test_an_image_gets_a_name_of_its_prompt_and_never_another_files(
    server: Server, run: Run, alone: Path
) -> None:
    first = run("image", "A quiet, blue", "lake!", "--size", "256x256")
    assert (first.code, first.out) == (0, "a-quiet-blue-lake.png\n")
    second = run("image", "a quiet blue lake", "--size", "256x256")
    assert second.out == "a-quiet-blue-lake-2.png\n"
    assert (alone / "a-quiet-blue-lake.png").read_bytes().startswith(PNG)
    assert server.calls[-1].json["size"] == "256x256"


def test_several_images_as_json(server: Server, run: Run, alone: Path) -> None:
    outcome = run("image", "-n", 2, "-o", "x.png", "--size", "256x256", "--json", "lake")
    answer = json.loads(outcome.out)
    assert [item["path"] for item in answer["data"]] == ["x-1.png", "x-2.png"]
    assert [item["bytes"] for item in answer["data"]] == [
        (alone / name).stat().st_size for name in ("x-1.png", "x-2.png")
    ]


def test_an_image_may_go_to_standard_output(server: Server, run: Run) -> None:
    assert run("image", "lake", "--size", "256x256", "-o", "-").raw.startswith(PNG)


def test_an_image_that_comes_as_a_url_is_fetched(server: Server, run: Run, alone: Path) -> None:
    outcome = run("image", "lake", "--size", "256x256", "-p", "response_format=url", "-o", "x.png")
    assert (outcome.code, outcome.out) == (0, "x.png\n")
    assert (alone / "x.png").read_bytes().startswith(PNG)


def test_edit_and_variation(server: Server, run: Run, alone: Path) -> None:
    (alone / "clear.png").write_bytes(clear_png())
    edit = ["--edit", "clear.png", "--mask", "clear.png", "a boat", "--size", "256x256"]
    assert run("image", *edit, "-o", "edited.png").code == 0
    assert server.calls[-1].path == "/images/edits"
    outcome = run("image", "--variation", "-", "--size", "256x256", "-o", "v", stdin=clear_png())
    assert (outcome.code, server.calls[-1].path) == (0, "/images/variations")
    assert (alone / "v").read_bytes().startswith(PNG)


def test_an_image_model_that_knows_no_response_format_is_not_asked_for_one(
    server: Server, run: Run
) -> None:
    data = [{"b64_json": base64.b64encode(b"picture").decode()}]
    server.reply("POST /images/generations", json={"created": 1, "data": data})
    assert run("image", "-m", "gpt-image-1", "lake", "-o", "-").raw == b"picture"
    assert "response_format" not in server.calls[-1].json


@pytest.mark.parametrize("command", ["transcribe", "translate"])
def test_audio(server: Server, run: Run, alone: Path, command: str) -> None:
    (alone / "a.wav").write_bytes(wav())
    plain = run(command, "a.wav", "--prompt", "Hm.")
    assert plain.code == 0
    assert plain.out.strip()
    assert json.loads(run(command, "a.wav", "--json").out)["text"].strip() == plain.out.strip()
    assert "-->" in run(command, "a.wav", "-f", "srt").out
    assert run(command, "a.wav", "-f", "vtt").out.startswith("WEBVTT")
    assert "segments" in json.loads(run(command, "a.wav", "-f", "verbose_json").out)
    assert run(command, "-", stdin=wav()).code == 0


def test_models(server: Server, run: Run) -> None:
    rows = [line.split("\t") for line in run("models", "list").out.splitlines()]
    assert ["gpt-4", "openai", "2023-02-28"] in rows
    assert json.loads(run("models", "list", "--json").out)["data"][0]["object"] == "model"
    assert run("models", "retrieve", "gpt-4").out == "gpt-4\topenai\t2023-02-28\n"
    assert json.loads(run("models", "retrieve", "gpt-4", "--json").out)["id"] == "gpt-4"


def test_files_from_upload_to_deletion(server: Server, run: Run, alone: Path) -> None:
    (alone / "data.jsonl").write_bytes(EXAMPLES)
    uploaded = run("files", "upload", "data.jsonl")
    assert (uploaded.code, uploaded.err) == (0, "")
    file_id = uploaded.out.strip()
    row = run("files", "get", file_id).out
    assert row.startswith(f"{file_id}\tdata.jsonl\t{len(EXAMPLES)}\tfine-tune\tprocessed\t")
    assert run("files", "list").out == row
    assert json.loads(run("files", "list", "--json").out)["data"][0]["id"] == file_id
    assert run("files", "content", file_id).raw == EXAMPLES
    assert run("files", "content", file_id, "-o", "copy").code == 0
    assert (alone / "copy").read_bytes() == EXAMPLES
    assert json.loads(run("files", "delete", "--json", file_id).out)["deleted"] is True
    assert run("files", "list").out == ""


def test_an_upload_from_standard_input(server: Server, run: Run) -> None:
    data = os.urandom(300_000)
    outcome = run(
        *("files", "upload", "-", "--name", "x.bin", "--purpose", "user_data", "--json"), stdin=data
    )
    stored = json.loads(outcome.out)
    assert (stored["filename"], stored["bytes"], stored["purpose"]) == (
        "x.bin",
        300_000,
        "user_data",
    )
    assert run("files", "content", stored["id"]).raw == data


def test_a_fine_tune_from_a_path_to_a_deleted_model(server: Server, run: Run, alone: Path) -> None:
    (alone / "t.jsonl").write_bytes(EXAMPLES)
    made = run(
        "fine-tunes", "create", "t.jsonl", "-m", "ada", "--epochs", 1, "--suffix", "x", "--follow"
    )
    assert made.code == 0
    job_id, first, *_, final = made.out.splitlines()
    assert first.endswith(f"Created fine-tune: {job_id}")
    assert final.endswith("Fine-tune succeeded")
    assert run("fine-tunes", "events", job_id).out.splitlines() == made.out.splitlines()[1:]
    assert run("fine-tunes", "follow", job_id).out == run("fine-tunes", "events", job_id).out
    lines = run("fine-tunes", "events", job_id, "--json", "--follow").out.splitlines()
    assert {json.loads(line)["object"] for line in lines} == {"fine-tune-event"}
    found, status, base, model, _ = run("fine-tunes", "get", job_id).out.split("\t")
    assert (found, status, base) == (job_id, "succeeded", "ada")
    assert job_id in run("fine-tunes", "list").out
    assert run("complete", "-m", model, "sky ->").code == 0
    assert run("models", "delete", model).out == f"{model}\n"


def test_a_job_that_does_not_succeed_is_a_failure_of_following(
    server: Server, run: Run, alone: Path
) -> None:
    uploaded = run("files", "upload", "-", stdin=b'{"prompt": "no completion"}\n').out.strip()
    outcome = run("fine-tunes", "create", uploaded, "--follow")
    assert outcome.code == 1
    assert "error: Fine-tune failed" in outcome.out
    assert outcome.err.endswith("is failed\n")


@pytest.mark.usefixtures("server")  # whose settings hold for this one, too
def test_a_job_can_be_cancelled(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(api_key=KEY, seed=1, job_seconds=600).run_in_thread() as base_url:
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        line = b'{"prompt": "a", "completion": "b"}\n'
        uploaded = run("files", "upload", "-", stdin=line * 9).out.strip()
        job = json.loads(run("fine-tunes", "create", uploaded, "--json").out)
        assert run("fine-tunes", "cancel", job["id"]).out == f"{job['id']}\n"
        assert run("fine-tunes", "get", job["id"]).out.split("\t")[1] == "cancelled"
