"""Real full disks: a tiny file system in memory, and the device that is always full."""

import io
import subprocess
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
from tests.runtime.files.conftest import rows_of

from metier.errors import DataError
from metier.runtime import predict_file
from metier.runtime.files import csv_reading, parquet_reading, stream
from metier.runtime.files.outputs import ParquetOutput


@pytest.fixture
def tiny(tmp_path):
    """A file system of 64 KiB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("file systems cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("name", ["out.csv", "out.json", "out.parquet"])
def test_what_was_finished_is_kept_until_there_is_room(
    echo, heard, monkeypatch, tmp_path, tiny, name
) -> None:
    for module in (csv_reading, parquet_reading):
        monkeypatch.setattr(module, "ROWS", 20)
    monkeypatch.setattr(stream, "PART_ROWS", 40)
    titles = [f"Buyer {number * 7919 % 10_007:x}" * 4 for number in range(800)]
    path = tmp_path / "in.csv"
    path.write_text("\n".join(["title", *titles]))
    out = tiny / name
    message = f"{name} cannot be written: .*What was finished, .* is kept in .*{name}.partial"
    (tiny / "ballast").write_bytes(bytes(48 * 1024))
    with pytest.raises(DataError, match=message) as failed:
        predict_file(echo, path, out)
    assert str(failed.value).count("What was finished") == 1
    assert not out.exists()
    (tiny / "ballast").unlink()
    subprocess.run(["mount", "-o", "remount,size=1m", str(tiny)], check=True)
    outcome = predict_file(echo, path, out, watcher=heard)
    assert ("resumed", outcome.resumed) in heard.told
    assert [row["title"] for row in rows_of(out)] == titles


def test_parts_that_cannot_be_joined_are_kept(echo, monkeypatch, tmp_path, tiny) -> None:
    path, out = tmp_path / "in.parquet", tiny / "out.parquet"
    titles = [f"{number * 7919 % 10_007:x}" for number in range(2_000)]
    pl.DataFrame({"title": titles}).write_parquet(path)
    monkeypatch.setattr(parquet_reading, "ROWS", 1_000)
    monkeypatch.setattr(stream, "PART_ROWS", 1_000)
    finish = ParquetOutput.finish

    def finish_on_a_full_disk(output: ParquetOutput) -> Path:
        with suppress(OSError), (tiny / "ballast").open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        return finish(output)

    with monkeypatch.context() as patch:
        patch.setattr(ParquetOutput, "finish", finish_on_a_full_disk)
        with pytest.raises(DataError, match=r"No space left .*What was finished, 2,000 rows, is"):
            predict_file(echo, path, out)
    (tiny / "ballast").unlink()
    assert predict_file(echo, path, out).resumed == 2_000
    assert pl.read_parquet(out)["title"].to_list() == titles


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_a_device_that_is_full_is_a_sentence(echo) -> None:
    with pytest.raises(DataError, match="/dev/full cannot be written: No space left on device"):
        predict_file(echo, io.BytesIO(b"title\nCEO\n"), Path("/dev/full"))
    assert Path("/dev/full").is_char_device()


def test_a_folder_that_cannot_be_made_is_a_sentence(echo, write, tmp_path) -> None:
    write("out.csv.partial", "a file")
    with pytest.raises(DataError, match=r"out\.csv cannot be written: File exists"):
        predict_file(echo, write("in.csv", "title\nCEO\n"), tmp_path / "out.csv")
