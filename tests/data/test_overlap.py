from metier.data import overlap


def test_equal_titles_are_counted_by_row_and_by_title() -> None:
    found = overlap(["CEO", "ceo ", "Nurse", "Judge"], ["Ceo", "NURSE", "Cook"])
    assert (found.rows, found.titles, found.of_rows, found.of_titles) == (3, 2, 4, 3)
