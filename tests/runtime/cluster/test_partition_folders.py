from __future__ import annotations

import json
from contextlib import suppress
from typing import ClassVar

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFile, MemoryFileSystem
from tests.runtime.cluster.conftest import files_in, write_partitions

from metier.errors import DataError
from metier.runtime.cluster.folders import OutputFolder, find_partitions

MADE_BY = {"model": "rules@1", "column": "title"}


@pytest.fixture
def table(tmp_path):
    partitions = {
        "country=DE/part-0.parquet": ["CEO"] * 50,
        "country=FR/_year=2026/part-0.parquet": ["CEO"],
        "_unfinished/part-1.parquet": ["CEO"],
        "country=DE/.part-0.parquet": ["CEO"],
    }
    folder = write_partitions(tmp_path / "in", partitions)
    (folder / "notes.txt").write_text("CEO")
    return folder


def test_the_partitions_of_a_folder_are_found_the_largest_first(table) -> None:
    names = ["country=DE/part-0.parquet", "country=FR/_year=2026/part-0.parquet"]
    for url in (str(table), f"{table}/", f"file://{table}", f"local://{table}"):
        found = find_partitions(url)
        assert [one.name for one in found] == names
        assert [one.url for one in found] == [f"{table}/{name}" for name in names]
        assert found[0].size > found[1].size > 0


def test_a_pattern_and_a_file_name_partitions_too(table) -> None:
    assert [one.name for one in find_partitions(f"{table}/country=D*")] == [
        "country=DE/part-0.parquet"
    ]
    assert [one.name for one in find_partitions(f"{table}/*/*.parquet")] == [
        "country=DE/part-0.parquet"
    ]
    assert [one.name for one in find_partitions(f"{table}/country=DE/part-0.parquet")] == [
        "part-0.parquet"
    ]


def test_a_folder_whose_name_looks_like_a_pattern_is_a_folder(tmp_path) -> None:
    folder = write_partitions(tmp_path / "in[1]*", {"a.parquet": ["CEO"]})
    assert [one.name for one in find_partitions(str(folder))] == ["a.parquet"]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nowhere", "There are no Parquet files at"),
        ("nowhere/*.parquet", "There are no Parquet files at"),
        ("in/notes.txt", "is no Parquet file"),
        ("in/_unfinished/nothing", "There are no Parquet files at"),
    ],
)
def test_where_there_are_no_partitions_is_said(table, tmp_path, place, said) -> None:
    with pytest.raises(DataError, match=said):
        find_partitions(f"{tmp_path}/{place}")


def test_a_folder_without_partitions_and_an_unknown_kind_of_url_are_named(tmp_path) -> None:
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(DataError, match="There are no Parquet files at"):
        find_partitions(str(tmp_path))
    with pytest.raises(DataError, match=r"'nope://in' cannot be opened: Protocol not known: nope"):
        find_partitions("nope://in")


class Objects(MemoryFileSystem):
    """Like an object store: there are no folders, and files are moved by copying them."""

    protocol = "objects"
    store: ClassVar[dict[str, MemoryFile]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]

    def makedirs(self, path, exist_ok=False):
        pass

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.replace("objects://", "memory://"))


@pytest.fixture(params=["path", "objects"])
def place(request, tmp_path):
    """A folder of the machine and one of an object store."""
    if request.param == "path":
        return str(tmp_path / "out")
    fsspec.register_implementation("objects", Objects, clobber=True)
    return f"objects://{tmp_path.name}"


def test_a_file_is_there_whole_or_not_at_all(place) -> None:
    folder = OutputFolder(place)
    files = fsspec.filesystem(place.split(":")[0] if ":" in place else "file")
    with folder.writing("country=DE/a.parquet") as file:
        file.write(b"first")
        assert not files.exists(f"{place}/country=DE/a.parquet")
    assert files.cat_file(f"{place}/country=DE/a.parquet") == b"first"
    with suppress(KeyError), folder.writing("country=DE/a.parquet") as file:
        file.write(b"sec")
        raise KeyError
    assert files.cat_file(f"{place}/country=DE/a.parquet") == b"first"
    folder.clear()
    assert not files.exists(f"{place}/_unfinished")


def test_what_ended_several_processes_is_not_tried_again(place) -> None:
    folder = OutputFolder(place)
    # Like processes that were killed, these leave their files open.
    killed = [folder.writing("a.parquet") for _ in range(3)]
    for one in killed:
        one.__enter__()
    with (
        pytest.raises(DataError, match=r"a\.parquet ended 3 processes"),
        folder.writing("a.parquet"),
    ):
        pass
    with folder.writing("b.parquet") as file:
        file.write(b"b")
    folder.clear()
    with folder.writing("a.parquet") as file:
        file.write(b"a")


def test_a_folder_is_that_of_one_job(place) -> None:
    folder = OutputFolder(place)
    assert folder.claim(MADE_BY, fresh=False) == frozenset()
    for name in ("a.parquet", "country=DE/b.parquet"):
        with folder.writing(name) as file:
            file.write(b"answers")
    assert OutputFolder(place).claim(MADE_BY, fresh=False) == {"a.parquet", "country=DE/b.parquet"}
    other = MADE_BY | {"model": "rules@2"}
    with pytest.raises(DataError, match=r"begun with model 'rules@1' and not 'rules@2'"):
        folder.claim(other, fresh=False)
    assert folder.claim(other, fresh=True) == frozenset()
    # Where nothing is finished, nothing is mixed.
    assert folder.claim(MADE_BY, fresh=False) == frozenset()


def test_files_of_others_are_never_removed(tmp_path) -> None:
    folder = write_partitions(tmp_path / "theirs", {"a.parquet": ["CEO"]})
    for fresh in (False, True):
        with pytest.raises(DataError, match="not from metier"):
            OutputFolder(str(folder)).claim(MADE_BY, fresh=fresh)
    assert files_in(folder) == ["a.parquet"]


def test_a_broken_manifest_is_said(tmp_path) -> None:
    (tmp_path / "_metier.json").write_text('{"model": ')
    with pytest.raises(DataError, match=r"_metier\.json is broken"):
        OutputFolder(str(tmp_path)).claim(MADE_BY, fresh=False)


def test_the_manifest_says_what_made_the_partitions(tmp_path) -> None:
    OutputFolder(str(tmp_path)).claim(MADE_BY, fresh=False)
    assert json.loads((tmp_path / "_metier.json").read_text()) == {"format": 1, **MADE_BY}


def test_where_nothing_can_be_written_is_said(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        OutputFolder(str(tmp_path / "file" / "out")).claim(MADE_BY, fresh=False)
