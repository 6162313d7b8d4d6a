from pathlib import Path

from pydantic import BaseModel

from metier.studies.trial_cache import TrialCache, link_folder, read_record


class Record(BaseModel):
    number: int


def test_a_broken_record_is_as_good_as_none(tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    assert read_record(file, Record) is None
    file.write_text('{"number":')
    assert read_record(file, Record) is None
    file.write_text('{"number": 3}')
    assert read_record(file, Record) == Record(number=3)


def test_what_is_forgotten_is_gone(tmp_path: Path) -> None:
    cache = TrialCache(tmp_path)
    with cache.hold("abc") as place:
        (place / "a").write_text("x")
    assert (cache.place("abc") / "a").exists()
    cache.forget("abc")
    assert not cache.place("abc").exists()


def test_a_linked_folder_is_the_same_and_replaces_what_was_there(tmp_path: Path) -> None:
    source, place = tmp_path / "source", tmp_path / "run" / "model"
    (source / "inner").mkdir(parents=True)
    (source / "inner" / "weights").write_text("w")
    place.mkdir(parents=True)
    (place / "old").write_text("o")
    link_folder(source, place)
    assert [str(path.relative_to(place)) for path in sorted(place.rglob("*"))] == [
        "inner",
        "inner/weights",
    ]
    assert (place / "inner" / "weights").read_text() == "w"
    assert (source / "inner" / "weights").exists()
