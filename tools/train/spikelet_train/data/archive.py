"""Folders, zips and tar archives as one thing: named members that can be read."""

import tarfile
import zipfile

from ..errors import TrainingError


def open_members(path):
    """A mapping, sorted by name, from each file below `path` to a function that returns its bytes."""
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.is_file())
        return {file.relative_to(path).as_posix(): file.read_bytes for file in found}
    if zipfile.is_zipfile(path):
        archive = zipfile.ZipFile(path)
        names = sorted(name for name in archive.namelist() if not name.endswith("/"))
        return {name: (lambda name=name: archive.read(name)) for name in names}
    if tarfile.is_tarfile(path):
        return _tar_members(path)
    raise TrainingError("data-format", f"{path} is neither a folder, a zip nor a tar archive")


def _tar_members(path):
    # A compressed tar has no random access: it is read once, in order.
    try:
        with tarfile.open(path) as archive:
            contents = {entry.name: archive.extractfile(entry).read() for entry in archive if entry.isfile()}
    except (tarfile.TarError, EOFError, OSError) as error:
        raise TrainingError("data-damaged", f"{path} cannot be read to its end: {error}") from error
    return {name: (lambda data=contents[name]: data) for name in sorted(contents)}


def base_name(member):
    """The last part of a member's path."""
    return member.rsplit("/", 1)[-1]
