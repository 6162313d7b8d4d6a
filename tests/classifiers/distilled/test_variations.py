from metier.classifiers.distilled.variations import vary

TITLES = ["Head of Sales", "Chef de projet", "Intern"]


def test_variations_are_new_different_and_as_many_as_asked_for() -> None:
    found = vary(TITLES, 50, seed=1)
    assert len(found) == len(set(found)) == 50
    assert not set(found) & set(TITLES)
    words = {word for title in TITLES for word in title.split()}
    assert {word for title in found for word in title.split()} <= words | {"|", "/", "&", "-"} | {
        f"{word}," for word in words
    }


def test_the_same_seed_gives_the_same_titles() -> None:
    assert vary(TITLES, 20, seed=1) == vary(TITLES, 20, seed=1)
    assert vary(TITLES, 20, seed=1) != vary(TITLES, 20, seed=2)


def test_what_has_no_words_gives_no_variations() -> None:
    assert vary(["", "  "], 10, seed=0) == []
    assert vary(["CEO"], 0, seed=0) == []
    assert len(vary(["CEO"], 1_000, seed=0)) < 1_000
