import numpy as np

from metier.classifiers.recorded import RecordedClassifier
from metier.classifiers.temperature import validation_temperature
from metier.guidelines import Scale
from metier.metrics import apply_temperature, log_loss
from tests.classifiers.stand_in import Costly, WordCounts

TITLES = ["Rope Seller", "Kite Seller", "Rope Buyer", "Kite Buyer"]
LABELS = ["Sales", "Sales", "Purchasing", "Purchasing"]
HELD_OUT = (["Ink Seller", "Ink Buyer", "Rope Tester"], ["Sales", "Purchasing", "Sales"])


def test_the_temperature_makes_validation_titles_likelier(department: Scale) -> None:
    words = WordCounts(department, smoothing=2.0).fit(TITLES, LABELS)
    temperature = validation_temperature(words, HELD_OUT)
    before, truth = words.predict_proba(HELD_OUT[0]), department.indices(tuple(HELD_OUT[1]))
    assert log_loss(apply_temperature(before, temperature), truth) < log_loss(before, truth)


def test_without_a_title_to_set_it_on_it_changes_nothing(department: Scale, write) -> None:
    words = WordCounts(department).fit(TITLES, LABELS)
    assert validation_temperature(words, None) == 1
    assert validation_temperature(words, ([], [])) == 1
    nothing = RecordedClassifier(
        department, file=write("a.csv", "title,department\nInk,Consulting\n")
    )
    assert validation_temperature(nothing, HELD_OUT) == 1


class Partial(WordCounts):
    method = "partial"

    def covers(self, titles):
        return np.asarray(["Ink" in title for title in titles], dtype=bool)


def test_titles_that_are_not_covered_say_nothing(department: Scale) -> None:
    words = Partial(department).fit(TITLES, LABELS)
    both = (HELD_OUT[0][:2], HELD_OUT[1][:2])
    assert validation_temperature(words, HELD_OUT) == validation_temperature(words, both) != 1


def test_a_costly_classifier_is_not_asked(department: Scale) -> None:
    costly = Costly(department).fit(TITLES, LABELS)
    assert validation_temperature(costly, HELD_OUT) == 1
    assert costly.asked == []
