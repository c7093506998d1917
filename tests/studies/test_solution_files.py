"""Files of solutions in every format, whole, damaged and of another kind than they say."""

import pickle
import re
from functools import partial

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from burgers.studies import solution_files
from burgers.studies.solution_files import Solution, read

X, T = np.linspace(-1.0, 1.0, 7), np.array([0.0, 0.1, 0.25, 0.5])
U = np.random.default_rng(5).normal(size=(1, 4, 7))
NAMED = (".npz", ".mat", "v7.mat", "v7.3.mat", ".h5", ".hdf5")
TABLES = (".npy", ".dat", ".txt", ".csv", "comsol.dat")
FLIPS = 60


def write_named(path, **arrays):
    """Write variables to an archive; MATLAB stores the axes of version 7.3 backwards."""
    name = path.name
    if name.endswith(".npz"):
        np.savez_compressed(path, **arrays)
    elif name.endswith(("h5", "hdf5", "v7.3.mat")):
        with h5py.File(path, "w", userblock_size=512 * name.endswith(".mat")) as file:
            for key, value in arrays.items():
                value = np.atleast_2d(value).T if name.endswith(".mat") else value
                file.create_dataset(key, data=value, compression="gzip")
        if name.endswith(".mat"):
            with path.open("r+b") as file:
                file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM")
    else:
        savemat(path, arrays, do_compression=name == "v7.mat")


def write_table(path, x=X, t=T, u=U[0].T):
    table = np.block([[np.zeros((1, 1)), t[None]], [x[:, None], u]])
    lines = [[format(value, ".17g") for value in row] for row in table]
    if path.name == "comsol.dat":
        head = "% Description: \u56e0\u53d8\u91cf u\n% X  " + " ".join(f"u (1) @ t={s}" for s in t)
        path.write_text("\n".join([head, *map("   ".join, lines[1:])]) + "\n", encoding="utf-8")
    elif path.suffix == ".npy":
        np.save(path, table)
    else:
        mark = {".csv": ",", ".txt": "\t", ".dat": " "}[path.suffix]
        lines[0][0] = "x"
        path.write_text("# any\n\n" + "\n".join(map(mark.join, lines)) + "\n", encoding="utf-8")


def write(path):
    if path.suffix in (".npy", ".txt", ".csv", ".dat"):
        write_table(path)
    else:
        write_named(path, x=X, t=T, u=U[0])


def file_in(folder, name):
    return folder / (f"a{name}" if name.startswith(".") else name)


def check(solution, u=U, t=T):
    for found, known in ((solution.x, X), (solution.t, t), (solution.u, u)):
        assert found.dtype == np.float64
        assert type(found) is np.ndarray
        np.testing.assert_array_equal(found, known)


def refusal(path, **options):
    """The message with which a file is refused, which names the file and what is accepted."""
    with pytest.raises(ValueError, match=rf"(?s){re.escape(str(path))}: .*; accepted: ") as found:
        read(path, **options)
    return str(found.value)


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("order", ["tx", "xt"])
@pytest.mark.parametrize("several", [False, True])
def test_every_format_and_orientation_gives_the_same_arrays(name, order, several, tmp_path):
    known = np.concatenate([U, 2 * U]) if several else U
    stored = known if several else known[0]
    stored = stored if order == "tx" else np.swapaxes(stored, -1, -2)
    path = file_in(tmp_path, name)
    write_named(path, x=X, t=T, u=stored)
    check(read(path), known)
    check(read(path, order=order), known)
    assert "order is" in refusal(path, order=order[::-1])


@pytest.mark.parametrize("name", TABLES)
def test_every_table_gives_the_same_arrays(name, tmp_path):
    write(file_in(tmp_path, name))
    check(read(file_in(tmp_path, name)))
    assert "no names" in refusal(file_in(tmp_path, name), names={"u": "u"})


@pytest.mark.parametrize("name", TABLES[:-1])
def test_a_table_with_times_in_its_first_column_is_told(name, tmp_path):
    path = file_in(tmp_path, name)
    write_table(path, x=T, t=X, u=U[0])
    check(read(path, order="tx"))


@pytest.mark.parametrize("name", NAMED)
def test_as_many_points_as_times_need_an_order(name, tmp_path):
    path = file_in(tmp_path, name)
    square, times = np.arange(49.0).reshape(7, 7), np.arange(7.0)
    write_named(path, x=X, t=times, u=square)
    assert 'order="tx" if points' in refusal(path)
    check(read(path, order="tx"), square[None], times)
    check(read(path, order="xt"), square.T[None], times)


def test_pdebench_has_an_order_and_one_time_too_many(tmp_path):
    path = tmp_path / "a.hdf5"
    coordinates = {"x-coordinate": X, "t-coordinate": np.arange(8.0)}
    square = np.arange(98, dtype=np.float32).reshape(2, 7, 7)
    write_named(path, tensor=square, **coordinates)
    check(read(path), square, np.arange(7.0))
    check(read(path, realisations=1), square[:1], np.arange(7.0))
    check(read(path, realisations=3), square, np.arange(7.0))
    with pytest.raises(ValueError, match=r"realisations is 0; accepted: a positive integer"):
        read(path, realisations=0)
    write_named(path, u=square, **coordinates)
    assert "t 8 times" in refusal(path)


@pytest.mark.parametrize("name", ["USOL", "tensor", "Output", "solution", "rho", "density"])
def test_names_are_found_in_any_case_or_given(name, tmp_path):
    path = tmp_path / "a.npz"
    grid_x, grid_t = np.meshgrid(X, T)
    np.savez(path, XX=grid_x, time=grid_t, **{name: U[0]})
    check(read(path))
    np.savez(path, x=X, X=grid_x, t=T, T=grid_t, **{name: U[0]})
    check(read(path))
    np.savez(path, x=X, t=T, u=0 * U[0], **{name: U[0]})
    assert f"several variables may be u (found: ['x', 't', 'u', '{name}'])" in refusal(path)
    check(read(path, names={"u": name}))
    assert "no variable is u" in refusal(path, names={"u": "other"})
    with pytest.raises(ValueError, match="a key of names is 'v'; accepted: x, t, u"):
        read(path, names={"v": name})


def test_one_time_groups_and_integers(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.arange(7), t=1, u=np.arange(7, dtype=">i2"))
    found = read(tmp_path / "a.npz")
    assert found.u.dtype == np.float64
    assert found.u.tolist() == [[list(range(7))]]
    write_named(tmp_path / "a.h5", **{"grid/x": X, "grid/t": T, "data": U})
    assert "found: ['data', 'grid/t', 'grid/x']" in refusal(tmp_path / "a.h5")
    check(read(tmp_path / "a.h5", names={"x": "grid/x", "t": "grid/t", "u": "data"}))


WRONG = {
    "u is nan": dict(u=np.where(U[0] > 1, np.nan, U[0])),
    "u is infinite": dict(u=np.full((4, 7), np.inf)),
    "u is complex": dict(u=U[0] + 1j),
    "u is text": dict(u=np.array(["a", "b"])),
    "u is of another length": dict(u=U[0][:, 1:]),
    "u has four axes": dict(u=U[None]),
    "u is empty": dict(u=np.zeros((0, 4, 7))),
    "x decreases": dict(x=-X),
    "x repeats": dict(x=np.zeros(7)),
    "x is one point": dict(x=X[:1], u=U[0][:, :1]),
    "x is no line": dict(x=np.outer(X, X)),
    "t decreases": dict(t=-T),
    "t is negative": dict(t=T - 1),
    "t is empty": dict(t=T[:0]),
}


@pytest.mark.parametrize("name", [".npz", ".mat"])
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_solution_is_refused(name, wrong, tmp_path):
    path = file_in(tmp_path, name)
    write_named(path, **{"x": X, "t": T, "u": U[0], **WRONG[wrong]})
    refusal(path)


def test_missing_variables_are_told_with_those_found(tmp_path):
    for name in NAMED:
        write_named(file_in(tmp_path, name), x=X, v=U[0])
        assert "no variable is t (found: ['" in refusal(file_in(tmp_path, name))


class Fatal:
    def __reduce__(self):
        return pytest.fail, ("a pickle was run",)


@pytest.mark.parametrize("suffix", solution_files.READERS)
def test_no_pickle_is_run(suffix, tmp_path):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(pickle.dumps(Fatal()))
    refusal(path)
    fatal = np.array([Fatal()], dtype=object)
    for save in (partial(np.savez, x=X, t=T, u=fatal), partial(np.save, arr=fatal)):
        with path.open("wb") as file:
            save(file)
        refusal(path)


@pytest.mark.parametrize("suffix", [*solution_files.READERS, "", ".zip"])
def test_what_is_no_file_of_a_format_is_refused(suffix, tmp_path):
    path = tmp_path / f"a{suffix}"
    assert "does not exist" in refusal(path)
    path.touch()
    assert ("is empty" if suffix in solution_files.READERS else "ends in") in refusal(path)
    path.unlink()
    path.mkdir()
    assert "is no file" in refusal(path)
    with pytest.raises(ValueError, match="path is 's3://a'; accepted: a path on this machine"):
        read("s3://a")


TEXTS = {
    "no numbers": "a b\nc d\n",
    "one row": "x 0 1\n",
    "ragged": "x 0 1\n0 1 2\n1 2\n",
    "no times": "0 0 0\n1 5 6\n2 7 8\n",
    "decimal commas": "x 0 1\n0 1,5 2,5\n1 1,5 2,5\n",
    "decimal commas, semicolons": "x;0;1\n0;1,5;2,5\n1;1,5;2,5\n",
    "not a number": "x 0 1\n0 nan 2\n1 2 3\n",
    "too few named times": "% x  u @ t=0\n0 1 2\n1 2 3\n",
    "two expressions": "% x  u @ t=0  v @ t=0\n0 1 2\n1 2 3\n",
    "a time that is none": "% x  u @ t=0  u @ t=a\n0 1 2\n1 2 3\n",
    "only comments": "% x  u @ t=0\n",
}


@pytest.mark.parametrize("what", TEXTS)
def test_a_text_that_is_no_table_is_refused(what, tmp_path):
    (tmp_path / "a.txt").write_text(TEXTS[what], encoding="utf-8")
    refusal(tmp_path / "a.txt")


def test_the_corner_may_be_missing_and_line_ends_are_any(tmp_path):
    for number, text in enumerate(("0 1\n0 2 3\n1 4 5", "\ufeff;0;1\r\n0;2;3\r\n1;4;5\r\n")):
        path = tmp_path / f"{number}.csv"
        path.write_text(text, encoding="utf-8", newline="")
        assert read(path).u.tolist() == [[[2, 4], [3, 5]]]


def refused_or_finite(path):
    """Whatever a damaged file is, it is refused in words or read as a solution."""
    try:
        found = read(path)
    except ValueError as error:
        told = str(error)
        found = None
    if found is None:
        assert told.startswith(f"{path}: ")
        assert "; accepted: " in told
        return
    assert isinstance(found, Solution)
    assert found.u.shape[1:] == (len(found.t), len(found.x))
    assert all(np.isfinite(part).all() for part in (found.x, found.t, found.u))


@pytest.mark.parametrize("name", NAMED + TABLES)
def test_damage_is_refused_or_gives_a_solution(name, tmp_path):
    path, generator = file_in(tmp_path, name), np.random.default_rng(7)
    write(path)
    whole = path.read_bytes()
    for length in {1, 4, 100, len(whole) // 3, len(whole) // 2, len(whole) - 9, len(whole) - 1}:
        path.write_bytes(whole[:length])
        refused_or_finite(path)
    for place in generator.integers(len(whole), size=FLIPS):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << generator.integers(8)
        path.write_bytes(flipped)
        refused_or_finite(path)
    path.write_bytes(whole)
    check(read(path))


@pytest.mark.parametrize("name", [".npz", ".mat", "v7.3.mat", ".h5", ".npy", ".dat"])
@pytest.mark.parametrize("suffix", solution_files.READERS)
def test_a_file_under_another_suffix_is_refused_or_gives_a_solution(name, suffix, tmp_path):
    write(file_in(tmp_path, name))
    refused_or_finite(file_in(tmp_path, name).replace(tmp_path / f"b{suffix}"))


def test_what_a_header_promises_is_not_believed(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.update({"x": X, "t": T})
        file.create_dataset("u", shape=(10**7, 4, 7), chunks=(1, 4, 7), dtype="f8")
    assert "larger than its file" in refusal(tmp_path / "a.h5")


def test_want_of_memory_is_no_damage(tmp_path, monkeypatch):
    write(tmp_path / "a.npz")

    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(solution_files.np, "load", fail)
    with pytest.raises(MemoryError):
        read(tmp_path / "a.npz")
