from scipy import stats

from lifecycle_core.statistics.discovery import q_of_deviates


def test_the_q_are_those_of_two_sided_p():
    z = [0.3, -2.2, 3.5, -4.1, 1.0]
    expected = stats.false_discovery_control([2 * stats.norm.sf(abs(it)) for it in z])
    assert q_of_deviates(z).round(12).tolist() == expected.round(12).tolist()


def test_no_deviate_has_no_q():
    assert q_of_deviates([]).tolist() == []
