"""Atomic writing and consistent reading of files and folders that several processes share."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic, sleep
from typing import BinaryIO, TypeVar

from burgers import _checks as checks

# Seconds that a writer waits for another writer of the same path.
WAIT = 60.0
# Attempts at reading a folder that is replaced during each of them.
TRIES = 100

Result = TypeVar("Result")
Remedy = Callable[[str | os.PathLike[str]], str | None]

_remedies: list[Remedy] = []


def local(path: object, suffix: str | None = None) -> Path:
    """The path as a `pathlib.Path`; ValueError unless it can be that of a file on this machine.

    suffix : that the path must end in, with its dot; None for any.
    """
    accepted = f"a path that ends in {suffix}" if suffix else "a path on this machine"
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    # `Path` would turn a URL into a relative path.
    if not isinstance(text, str) or not text or "://" in text or "\0" in text:
        raise ValueError(f"path is {checks.shown(path)}; accepted: {accepted}")
    if suffix and Path(text).suffix != suffix:
        raise ValueError(f"path is {text}; accepted: {accepted}")
    return Path(text)


def part_of(path: Path) -> Path:
    """The name beside `path` under which it is written until it is complete."""
    return path.with_name(f".part-{path.name}")


def old_of(path: Path) -> Path:
    """The name beside `path` under which the old folder is kept while a new one replaces it."""
    return path.with_name(f".old-{path.name}")


@contextmanager
def written_whole(
    path: str | os.PathLike[str], is_ours: Callable[[Path], bool] | None = None
) -> Iterator[Path]:
    """Yield a name beside `path` to write to; move it into place only if the block succeeds.

    The target, a file or a folder, is thus always either the old or the complete new one. Symbolic
    links are followed and preserved. Leftovers of a killed process are removed by the next one that
    writes the same path; several processes that write it wait for each other.

    Parameters
    ----------
    path : of the file that is written or, if `is_ours` is given, of the folder.
    is_ours : tells whether an existing folder, given its path, may be replaced.

    Raises
    ------
    OSError
        As in `explained`.
    ValueError
        Naming the path, if what exists there must not be replaced (see `target`).
    """
    given = local(path)
    with explained(given):
        place = target(given, is_ours)
        place.parent.mkdir(parents=True, exist_ok=True)
        with locked(place):
            part = part_of(target(given, is_ours))
            try:
                remove(part)
                yield part
                put_in_place(part, place)
            finally:
                remove(part)


def target(path: str | os.PathLike[str], is_ours: Callable[[Path], bool] | None = None) -> Path:
    """The path with links followed, if a file or, if `is_ours` is given, a folder may be written.

    Raises
    ------
    ValueError
        Unless nothing exists there, or a file where a file is written, or a folder that is ours.
    """
    place = Path(os.path.realpath(path))
    if not os.path.lexists(place):
        return place
    if place.is_dir():
        if is_ours is not None and is_ours(place):
            return place
        what = "a folder that may hold what is yours"
    elif place.is_file():
        if is_ours is None:
            return place
        what = "a file"
    else:
        what = "no file"
    accepted = (
        "a file's path" if is_ours is None else "one that is free, or the store of an ensemble"
    )
    raise ValueError(f"path is {path}, which is {what} and stays as it is; accepted: {accepted}")


def check_free(path: str | os.PathLike[str]) -> None:
    """Check, before long work, that its result can be written to a file; make the file's folder.

    Raises
    ------
    OSError
        Naming the file, if its folder cannot be made or written to.
    ValueError
        As in `local` and `target`.
    """
    place = target(local(path))
    with explained(path, "choose another path"):
        place.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=place.parent):
            pass


@contextmanager
def locked(path: Path, wait: float = WAIT) -> Iterator[None]:
    """Prevent other processes and threads from writing the same path during the block.

    Raises
    ------
    BlockingIOError
        (An OSError) if another one is still writing it after `wait` seconds.
    """
    lock, deadline = path.with_name(f".lock-{path.name}"), monotonic() + wait
    while True:
        with lock.open("wb") as stream:
            taken = _take(stream)
            # Otherwise the previous holder has removed the file, and a third may hold a new one.
            if taken and _is_at(stream, lock):
                try:
                    yield
                finally:
                    # Some systems do not remove open files.
                    with suppress(OSError):
                        lock.unlink(missing_ok=True)
                return
        if not taken and monotonic() >= deadline:
            raise OSError(errno.EAGAIN, "another process is writing it")
        sleep(0.01)


def _take(stream: BinaryIO) -> bool:
    """Lock an open file; False if another process holds it, True where locks are unavailable."""
    try:
        import fcntl  # on POSIX only

        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        pass
    return True


def _is_at(stream, path):
    """Whether an open file is still the one at a path."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    return False


@contextmanager
def explained(path: str | os.PathLike[str], again: str | None = None) -> Iterator[None]:
    """Add the path, and how to make the file again, to an OSError raised while it is written.

    The causes are a full disk, an unwritable folder or another writer; what existed at `path` is
    unchanged.

    again : how to make the file again, instead of `remedy`.
    """
    try:
        yield
    except OSError as error:
        if again is None and isinstance(error, BlockingIOError):
            again = "wait for it, or choose another path"
        message = f"{path} was not written, and is as it was ({error}); {again or remedy(path)}"
        raise OSError(error.errno or errno.EIO, message) from error


class Held:
    """A folder that is read, and that another process may replace in the meantime.

    While it is held open no other folder can get its inode number, so that a replacement is
    detected.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path
        self._handle: int | None = None
        # Some systems cannot open folders.
        with suppress(PermissionError):
            self._handle = os.open(path, os.O_RDONLY)

    def is_there(self) -> bool:
        """Whether the path still is that of the same folder."""
        if self._handle is None:
            return True
        with suppress(OSError):
            return os.path.samestat(os.fstat(self._handle), os.stat(self.path))
        return False

    def close(self) -> None:
        """Release the folder."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    __del__ = close


def read_whole(path: Path, read: Callable[[Path], Result]) -> Result:
    """Return `read(folder)` for the folder at `path`, all of it read from the same folder.

    If another process replaces the folder, either the old or the new one is read. Whatever `read`
    raises is passed on, unless a replacement was the cause.
    """
    for attempt in range(TRIES):
        place, last = path if path.exists() else old_of(path), attempt == TRIES - 1
        try:
            held = Held(place)
        except OSError:
            # During a replacement it may be at neither place when looked for, but not repeatedly.
            if last or attempt == 20 or not path.parent.is_dir():
                raise
            sleep(0.001)
            continue
        try:
            found = read(place)
            if held.is_there():
                return found
        except Exception:
            if last or held.is_there():
                raise
        finally:
            held.close()
    raise OSError(errno.EAGAIN, f"{path} is being replaced all the time")


def remedy(path: str | os.PathLike[str]) -> str:
    """How to make a file again, as part of a message: a command if its folder has one."""
    known = (found for find in _remedies if (found := find(path)))
    # Existing chunks would not be computed again.
    anew = "remove what is left of it, and generate and save it again"
    default = anew if Path(path).suffix in (".zarr", ".npy") else "make it again"
    return next(known, default)


def remedy_found_by(find: Remedy) -> Remedy:
    """Register a function that returns the remedy for a path, or None; usable as a decorator."""
    _remedies.append(find)
    return find


def put_in_place(part: Path, path: Path) -> None:
    """Move a file or folder to `path`, replacing what exists there."""
    # A folder removed in its place would be incomplete after an interruption, or when read.
    aside, gone = old_of(path), path.with_name(f".gone-{path.name}")
    remove(gone)
    _vanish(aside, gone)
    if path.is_dir():
        os.replace(path, aside)
    try:
        os.replace(part, path)
    except BaseException:
        if aside.is_dir():
            os.replace(aside, path)
        raise
    _vanish(aside, gone)


def _vanish(path, gone):
    """Remove a folder, if it exists, so that nobody sees it partly removed."""
    if path.is_dir():
        os.replace(path, gone)
    remove(gone)


def remove(path: Path) -> None:
    """Remove a file or a folder, if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
