"""Local search: the way up a hill step by step, and where it starts again."""

from searches import bowl, in_memory, key

from automl_kit.oracles import LocalSearchOracle


def _grid(hp):
    hp.Int("x", 0, 12)
    hp.Int("y", 0, 12)


def _steps(proposals):
    return [abs(a["x"] - b["x"]) + abs(a["y"] - b["y"]) for a, b in proposals]


def test_it_climbs_a_hill_by_neighbours_of_the_best_so_far(tmp_path):
    search = in_memory(LocalSearchOracle, tmp_path, _grid, bowl, initial_hps=[{"x": 9, "y": 0}])
    proposals = search.run(60)
    best = proposals[0]
    top = proposals.index({"x": 3, "y": 3})
    for values in proposals[1 : top + 1]:
        assert _steps([(best, values)]) == [1]
        best = max(best, values, key=bowl)
    # Nine steps up, each found within its four neighbours, of which one was tried before.
    assert 9 <= top <= 9 * 3 + 1
    # Then the four beside the top, and after those somewhere else.
    beside = [v for v in proposals if _steps([(best, v)]) == [1]]
    assert len(beside) == 4
    last = max(proposals.index(v) for v in beside)
    assert _steps([(best, proposals[last + 1])])[0] > 1


def test_it_starts_again_where_no_neighbour_is_left_and_climbs_from_there(tmp_path):
    def two_hills(values):
        return max(10 - abs(values["x"] - 2), 20 - 4 * abs(values["x"] - 10)) - abs(values["y"])

    search = in_memory(
        LocalSearchOracle, tmp_path, _grid, two_hills, initial_hps=[{"x": 1, "y": 0}], seed=1
    )
    proposals = search.run(80)
    best = max(proposals, key=two_hills)
    assert best == {"x": 10, "y": 0}
    first_top = proposals.index({"x": 2, "y": 0})
    assert first_top < 6 < proposals.index(best)


def test_a_worse_start_is_climbed_from_all_the_same(tmp_path):
    search = in_memory(LocalSearchOracle, tmp_path, _grid, bowl, initial_hps=[{"x": 3, "y": 3}])
    proposals = search.run(30)
    restart = proposals[5]
    assert bowl(restart) < bowl(proposals[0])
    assert _steps([(restart, proposals[6])]) == [1]


def test_what_fails_is_not_moved_to(tmp_path):
    def failing(values):
        return None if values["x"] > 5 else values["x"] + 0.0

    search = in_memory(LocalSearchOracle, tmp_path, _grid, failing, initial_hps=[{"x": 5, "y": 6}])
    proposals = search.run(5)
    assert all(_steps([(proposals[0], values)]) == [1] for values in proposals[1:])
    assert len({key(v) for v in proposals}) == 5


def test_all_neighbours_in_a_finite_space_are_tried_to_the_end(tmp_path):
    search = in_memory(LocalSearchOracle, tmp_path, _grid, bowl)
    assert len({key(v) for v in search.run(300)}) == 169
