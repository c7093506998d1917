"""Numerical solutions u(t, x) of an equation in one dimension, as other programs write them.

| ends in | what is read |
| --- | --- |
| .npz, .h5, .hdf5, .mat | variables x, t and u by `NAMES`; .mat of MATLAB 5 to 7.3 |
| .npy | a table: the times in the first row, the points in the first column, u elsewhere |
| .dat, .txt, .csv | the same table; lines that start with % or # are comments |

The corner of a table is not read. A comment of COMSOL's, `% x  u (1) @ t=0  u (1) @ t=0.1`, names
the times of the columns after the first, and then no row does.
"""

import os
import re
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from burgers import _checks as checks
from burgers import _files as files

# Of variables, in lower case; upper case is accepted too.
NAMES = {
    "x": ("x", "x-coordinate", "grid", "xx"),
    "t": ("t", "t-coordinate", "time", "tt"),
    "u": ("u", "usol", "tensor", "output", "solution", "rho", "density"),
}
# Types of the elements of a file of MATLAB 5 that are numbers, by their codes.
MATLAB_TYPES = {1: "b", 2: "B", 3: "h", 4: "H", 5: "i", 6: "I", 7: "f", 9: "d", 12: "q", 13: "Q"}
COLUMN_OF_TIME = re.compile(r"([^\s,;%#]+)(?:\s*\([^)]*\))?\s*@\s*t\s*=\s*([^\s,;]+)")


@dataclass(frozen=True)
class Solution:
    """u, finite, at increasing points x and times t that do not decrease; of realisations.

    x (points,), t (times,), u (realisations, times, points)
    """

    x: NDArray[np.float64]
    t: NDArray[np.float64]
    u: NDArray[np.float64]


class _Refused(ValueError):
    """Raised with a message that lacks only the name of the file."""


def read(
    path: str | os.PathLike[str],
    *,
    names: Mapping[str, str] | None = None,
    order: str | None = None,
    realisations: int | None = None,
) -> Solution:
    """Read a solution from a file; ValueError names the file, what is wrong and what is accepted.

    Parameters
    ----------
    path : of a file in one of the formats above, told by what it ends in.
    names : of the variables, {"x": ..., "t": ..., "u": ...} or some of them, where the file's
        differ from `NAMES` or several fit; in HDF5 a path as "group/x" is possible.
    order : "tx" if points are the last axis of u, (times, points) or (realisations, times, points),
        "xt" if times are. The default is what fits the lengths of x and t; where both fit, an array
        `tensor` is "tx", as PDEBench documents, and others are refused. In .mat of any version it
        is MATLAB's order. A table is "xt" unless "tx" says that points are in its first row.
    realisations : at most so many, the first; of HDF5 no others are read. None for all.
    """
    file = files.local(path)
    if order is not None:
        checks.choice("order", order, ("tx", "xt"))
    for key in names or {}:
        checks.choice("a key of names", key, NAMES)
    try:
        most = None if realisations is None else checks.count("realisations", realisations)
        found = _solution(*_opened(file, names or {}, order, most))
        return replace(found, u=found.u[:most])
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error.__cause__


def _opened(file, names, order, most):
    """The arrays x, t and u as they are in the file, by name, and the order of u if known."""
    reader, cause = READERS.get(file.suffix.lower()), None
    try:
        if not file.is_file():
            what = "is no file" if file.exists() else "does not exist"
        elif not reader or not file.stat().st_size:
            what = "is empty" if reader else f"ends in {file.suffix or 'no suffix'}"
        else:
            with warnings.catch_warnings():
                # What is odd about a file is either accepted or refused.
                warnings.simplefilter("ignore")
                return reader(file, names, order, most)
    except (MemoryError, _Refused):
        raise
    # A reader of a damaged file raises whatever its parts chose.
    except Exception as error:
        what, cause = f"cannot be read, {type(error).__name__}: {checks.shown(str(error))}", error
    accepted = f"a file of the kind of its ending, {', '.join(READERS)} (of MATLAB 5 to 7.3)"
    raise _Refused(f"{what}; accepted: {accepted}") from cause


def _npz(file, names, order, most):
    with np.load(file, allow_pickle=False) as archive:
        chosen, order = _chosen(archive.files, names, order)
        arrays = {key: _real(name, archive[name]) for key, name in chosen.items()}
    return arrays, order


def _hdf5(file, names, order, most, matlab=False):
    import h5py

    with h5py.File(file, "r", locking="best-effort") as content:
        listed = []
        content.visititems(lambda n, item: listed.append(n) if hasattr(item, "nbytes") else None)
        # MATLAB keeps the cells of its cell arrays in a group #refs#.
        chosen, order = _chosen([name for name in listed if not name.startswith("#")], names, order)
        arrays = {}
        for key, name in chosen.items():
            # The factor is more than zlib can shrink anything.
            if content[name].nbytes > 1100 * file.stat().st_size:
                raise _Refused(f"{name} is larger than its file; accepted: what is in the file")
            several = key == "u" and content[name].ndim == 3 and not matlab
            arrays[key] = _real(name, content[name][slice(most) if several else ...])
    if matlab:
        # HDF5 lists MATLAB's axes from the last to the first.
        arrays = {key: array.T for key, array in arrays.items()}
    return arrays, order


def _mat(file, names, order, most):
    import h5py

    if h5py.is_hdf5(file):
        return _hdf5(file, names, order, most, matlab=True)
    # SciPy's reader ends the process where a byte of the file says of numbers that they are none.
    content, found = memoryview(file.read_bytes()), {}
    end = {b"IM": "<", b"MI": ">"}[bytes(content[126:128])]
    for kind, data in _elements(content[128:], end):
        if kind == 15:  # compressed
            _, data = next(_elements(memoryview(zlib.decompress(data)), end))
        flags, shape, name, *parts = _elements(data, end)
        found[bytes(name[1]).decode("latin-1")] = flags[1], shape[1], parts
    chosen, order = _chosen(list(found), names, order)
    arrays = {}
    for key, name in chosen.items():
        flags, shape, parts = found[name]
        # Of one part are arrays of real numbers, and texts, whose class is 4.
        if len(parts) != 1 or parts[0][0] not in MATLAB_TYPES or 4 in (flags[0], flags[3]):
            raise _Refused(f"{name} is no array of real numbers; accepted: one that is")
        values = np.frombuffer(parts[0][1], end + MATLAB_TYPES[parts[0][0]]).copy()
        arrays[key] = values.reshape(np.frombuffer(shape, end + "i4"), order="F")
    return arrays, order


def _elements(data, end):
    """The type's code and the bytes of each element of a part of a file of MATLAB 5."""
    while len(data):
        kind, size = np.frombuffer(data[:8], end + "u4").tolist()
        # A small element is inside its tag, and all but compressed ones fill eights of bytes.
        start, kind, size = (4, kind & 0xFFFF, kind >> 16) if kind >> 16 else (8, kind, size)
        if start + size > len(data):
            raise EOFError(f"{len(data)} bytes where {start + size} should be")
        yield kind, data[start : start + size]
        data = data[start + size if kind == 15 else -(-(start + size) // 8) * 8 :]


def _npy(file, names, order, most):
    # Mapped, a file that is shorter than its header says is refused before memory is taken.
    found = np.load(file, allow_pickle=False, mmap_mode="r")
    return _table(np.array(_real("the table", found)), names, order)


def _text(file, names, order, most):
    text = file.read_bytes().decode("utf-8-sig", errors="replace")
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    comments = [line for _, line in lines if line.startswith(("%", "#"))]
    lines = [(number, line) for number, line in lines if line and not line.startswith(("%", "#"))]
    # One separator for all: a comma may be that of decimals where semicolons or spaces separate.
    mark = next((mark for mark in ";," if any(mark in line for _, line in lines)), None)
    rows = [line.split(mark) for _, line in lines]
    columns = next(filter(None, map(COLUMN_OF_TIME.findall, reversed(comments))), [])
    if len(rows) < 2:
        raise _Refused(f"has {len(rows)} rows of numbers; accepted: at least 2")
    if not columns:
        # The corner may be missing or a word.
        rows[0] = ["0", *rows[0][len(rows[0]) == len(rows[1]) :]]
    for index, ((number, line), row) in enumerate(zip(lines, rows, strict=True)):
        try:
            rows[index] = list(map(float, row))
        except ValueError:
            row = ()
        if len(row) != len(rows[1]):
            raise _Refused(
                f"line {number} is {checks.shown(line)}; accepted: {len(rows[1])} numbers, as in "
                "other lines, separated by spaces, commas or semicolons"
            )
    if columns:
        rows.insert(0, _times(columns, len(rows[0]), order))
    return _table(np.array(rows), names, order)


def _times(columns, count, order):
    """The first row of a table of which a comment names (expression, time) of the columns."""
    if len(columns) != count - 1 or len({name for name, _ in columns}) > 1 or order == "tx":
        raise _Refused(
            f"a comment names {len(columns)} columns of {count}, order is {order}; accepted: one "
            "expression, as `u @ t=0.1`, with a time for each column but the first, not 'tx'"
        )
    return [0.0, *(float(time) for _, time in columns)]


def _table(table, names, order):
    """x, t and u of a table, times in the first row and points in the first column."""
    if names:
        raise _Refused(f"is a table and has no names, but names is {names}; accepted: no names")
    table = table.T if order == "tx" else table
    # A first row of u, in a file without times, seldom increases.
    if table.ndim != 2 or min(table.shape) < 2 or not (np.diff(table[0, 1:]) > 0).all():
        raise _Refused(
            f"a table of shape {table.shape} begins with {checks.shown(table[:1].tolist())}; "
            "accepted: (points + 1, times + 1), after the corner increasing times in the first "
            'row and points in the first column, or with order="tx" the other way round'
        )
    return {"x": table[1:, 0], "t": table[0, 1:], "u": table[1:, 1:]}, "xt"


def _chosen(found, names, order):
    """The names of x, t and u among those found, and the order asked for or that of a tensor."""
    chosen = {}
    for key in NAMES:
        fitting = [name for name in found if name.lower() in NAMES[key]]
        if len({name.lower() for name in fitting}) == 1:
            # `X` beside `x` is the grid of both variables that it was made for.
            fitting = [name for name in fitting if name.islower()] or fitting
        if key in names:
            fitting = [name for name in found if name == names[key]]
        if len(fitting) != 1:
            what = f"several variables may be {key}" if fitting else f"no variable is {key}"
            raise _Refused(
                f"{what} (found: {checks.shown(found)}); accepted: one of "
                f'{", ".join(NAMES[key])}, or the one that names={{"{key}": ...}} gives'
            )
        chosen[key] = fitting[0]
    return chosen, order or ("tensor" if chosen["u"].lower() == "tensor" else None)


def _real(name, value):
    """The value, if it is an array of real numbers of any type."""
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
        what = getattr(value, "dtype", type(value).__name__)
        raise _Refused(f"{name} is of type {what}; accepted: an array of real numbers")
    return value


def _solution(arrays, order):
    x, t, u = (checks.finite(key, arrays[key]) for key in ("x", "t", "u"))
    x, t = _line("x", x), _line("t", t)
    if len(x) < 2 or not (np.diff(x) > 0).all():
        raise _Refused(f"x is {checks.shown(x)}; accepted: at least two points that increase")
    if not len(t) or t[0] < 0 or not (np.diff(t) >= 0).all():
        raise _Refused(f"t is {checks.shown(t)}; accepted: times >= 0 that do not decrease")
    shape, u = u.shape, u[None] if u.ndim == 1 and len(t) == 1 and order != "xt" else u
    if order == "tensor" and u.shape[-2:] == (len(t) - 1, len(x)):
        # PDEBench stores one time more than it stores solutions.
        t = t[:-1]
    lengths = {"tx": (len(t), len(x)), "xt": (len(x), len(t))}
    fitting = [name for name in lengths if u.ndim in (2, 3) and u.shape[-2:] == lengths[name]]
    # Of a tensor, where both fit, the first is documented.
    fitting = fitting[:1] if order == "tensor" else [n for n in fitting if order in (n, None)]
    if len(fitting) != 1 or not u.size:
        raise _Refused(
            f"u has shape {shape}, x {len(x)} points and t {len(t)} times, order is {order}; "
            "accepted: (times, points), (points, times) or either after (realisations, ...), and "
            'where both fit order="tx" if points are the last axis of u, "xt" if times are'
        )
    u = u if fitting[0] == "tx" else np.swapaxes(u, -1, -2)
    return Solution(*map(np.ascontiguousarray, (x, t, u.reshape(-1, len(t), len(x)))))


def _line(name, values):
    """The values along a line: of a vector, a row, a column, or a grid that repeats one of them."""
    squeezed = np.atleast_1d(values.squeeze())
    for grid in (squeezed, squeezed.T) if squeezed.ndim == 2 else ():
        if (grid == grid[:1]).all() and len(grid):
            return grid[0]
    if squeezed.ndim != 1:
        raise _Refused(f"{name} has shape {values.shape}; accepted: a vector, a row or a column")
    return squeezed


READERS = {
    ".npz": _npz, ".npy": _npy, ".mat": _mat, ".h5": _hdf5, ".hdf5": _hdf5,
    ".dat": _text, ".txt": _text, ".csv": _text,
}  # fmt: skip
