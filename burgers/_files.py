"""How a file gets to its place whole, and is read whole, while others write the same path."""

import errno
import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from burgers import _checks as checks

# Seconds that a writer waits for another of the same path.
WAIT = 60.0
# How often a folder is read that others replace all the time.
TRIES = 100

_remedies = []


def local(path, suffix=None):
    """The path as a `pathlib.Path`, or ValueError unless it can be a file's on this machine."""
    accepted = f"a path that ends in {suffix}" if suffix else "a path on this machine"
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    # `Path` would make a relative path of a URL.
    if not isinstance(text, str) or not text or "://" in text or "\0" in text:
        raise ValueError(f"path is {checks.shown(path)}; accepted: {accepted}")
    if suffix and Path(text).suffix != suffix:
        raise ValueError(f"path is {text}; accepted: {accepted}")
    return Path(text)


def part_of(path):
    """The name beside `path` under which it is written until it is whole."""
    return path.with_name(f".part-{path.name}")


def old_of(path):
    """The name beside `path` under which the old folder is whole while the new one replaces it."""
    return path.with_name(f".old-{path.name}")


@contextmanager
def written_whole(path, is_ours=None):
    """Yield a name beside `path` to write to; move it into place only if the block succeeds.

    The target, a file or a folder, is thus either the old one or the complete new one. A link is
    followed, and stays a link. What a killed process left is removed by the next that writes the
    same path; of several processes at one path each waits for the one before.

    Parameters
    ----------
    path : of the file, or where `is_ours` is given of the folder, that is written.
    is_ours : whether a folder, given its path, may be replaced.

    Raises
    ------
    OSError
        That of `explained`.
    ValueError
        Naming the path, if what is there is not to be replaced: see `target`.
    """
    path = local(path)
    with explained(path):
        place = target(path, is_ours)
        place.parent.mkdir(parents=True, exist_ok=True)
        with locked(place):
            part = part_of(target(path, is_ours))
            try:
                remove(part)
                yield part
                put_in_place(part, place)
            finally:
                remove(part)


def target(path, is_ours=None):
    """Where a file, or where `is_ours` is given a folder, of that path is written, links followed.

    ValueError unless nothing is there, or a file where a file is written, or a folder that is ours.
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


@contextmanager
def locked(path, wait=WAIT):
    """Keep other processes and threads from writing the same path, for which they may wait.

    A BlockingIOError (an OSError) if another still writes it after `wait` seconds.
    """
    lock, deadline = path.with_name(f".lock-{path.name}"), monotonic() + wait
    while True:
        with lock.open("wb") as stream:
            taken = _take(stream)
            # Else it was removed by who held it before, and a third may hold a new one.
            if taken and _is_at(stream, lock):
                try:
                    yield
                finally:
                    # Some systems do not remove what is open.
                    with suppress(OSError):
                        lock.unlink(missing_ok=True)
                return
        if not taken and monotonic() >= deadline:
            raise OSError(errno.EAGAIN, "another process is writing it")
        sleep(0.01)


def _take(stream):
    """Whether no other process holds the open file; taken for so where that cannot be known."""
    try:
        import fcntl  # of POSIX alone

        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        pass
    return True


def _is_at(stream, path):
    """Whether an open file is the one at a path."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    return False


@contextmanager
def explained(path, again=None):
    """Give an OSError raised while `path` is written its name, and what makes the file again.

    A full disk or an unwritable folder; what was at `path` before is as it was. again : instead of
    `remedy`.
    """
    try:
        yield
    except OSError as error:
        if again is None and isinstance(error, BlockingIOError):
            again = "wait for it, or choose another path"
        message = f"{path} was not written, and is as it was ({error}); {again or remedy(path)}"
        raise OSError(error.errno or errno.EIO, message) from error


class Held:
    """A folder that is read, and may be replaced meanwhile by another process.

    While it is held no other folder takes its number, so that a replacement is noticed.
    """

    def __init__(self, path):
        self.path, self._handle = path, None
        # Some systems open no folders.
        with suppress(PermissionError):
            self._handle = os.open(path, os.O_RDONLY)

    def is_there(self):
        """Whether the path still is the folder that it was."""
        if self._handle is None:
            return True
        with suppress(OSError):
            return os.path.samestat(os.fstat(self._handle), os.stat(self.path))
        return False

    def close(self):
        """Let go of the folder."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    __del__ = close


def read_whole(path, read):
    """What `read(folder)` returns of the folder at `path`, all of one and the same folder.

    While another process replaces it, the old one or the new one is read. The OSError or
    whatever else `read` raises, if that is not because of a replacement.
    """
    for attempt in range(TRIES):
        place, last = path if path.exists() else old_of(path), attempt == TRIES - 1
        try:
            held = Held(place)
        except OSError:
            # Between two looks it may have been at neither place, but not time and again.
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
    raise OSError(errno.EAGAIN, f"{path} is replaced all the time")


def remedy(path):
    """How a file is made again, in words: as is known of its folder, else by calling again."""
    known = (found for find in _remedies if (found := find(path)))
    # Chunks that are there are not computed again.
    anew = "remove what is left of it, and generate and save it again"
    default = anew if Path(path).suffix in (".zarr", ".npy") else "make it again"
    return next(known, default)


def remedy_found_by(find):
    """Have a function say how some files are made again: of a path the words, or None."""
    _remedies.append(find)
    return find


def put_in_place(part, path):
    """Move a file or folder to `path`, in the place of what is there."""
    # A folder that is removed in its place is half there when it stops, or is read.
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
    """Remove a folder, if it is there, so that no one sees it half removed."""
    if path.is_dir():
        os.replace(path, gone)
    remove(gone)


def remove(path):
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
