"""Opens files that others named: regular ones only, so that no device or pipe is waited for or read without an end."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path


def regular(path: Path | str) -> io.BufferedReader:
    """A regular file, to be read. Raises OSError, also where it is something else."""
    # Not to wait for whoever may write into a pipe.
    if "\0" in str(path):
        raise OSError(errno.EINVAL, "not the name of a file", str(path))
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        kind = os.fstat(handle).st_mode
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(kind):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_bounded(path: Path, most: int) -> bytes:
    """The content of a regular file. Raises OSError where it has more than `most` bytes."""
    with regular(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"more than {most >> 20} MB", str(path))
    return content
