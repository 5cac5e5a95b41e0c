"""Published models from the hub: with progress, resumable, cancellable, checked, whole or absent.

huggingface_hub knows where the hub or its mirror is (`HF_ENDPOINT`), whether to stay offline
(`HF_HUB_OFFLINE`), the user's token and what the hub's answers mean. Its own `hf_hub_download` is
not used: it no longer continues a partial file, and it reports progress in steps of 10 MB. Files
come over plain HTTP, which every mirror serves, never over Xet, which goes past mirrors.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from segformer_gui.core.catalogue import (
    CONFIG_FILE,
    OPTIONAL_FILES,
    WEIGHTS_FILES,
    ModelEntry,
    hub_folder,
)
from segformer_gui.core.errors import UserError
from segformer_gui.core.files import file_error

_CHUNK_BYTES = 1 << 18
_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class DownloadProgress:
    """How far a download is, over all its files and with what an earlier try fetched."""

    done_bytes: int
    total_bytes: int


@dataclass(frozen=True)
class _RemoteFile:
    """A file on the hub; `etag` is its checksum, see `_matches`."""

    name: str
    url: str
    etag: str
    size: int
    commit: str

    def part(self, staging: Path) -> Path:
        """Where it is gathered: named by its content too, lest one version continue another."""
        content = hashlib.sha256(self.etag.encode()).hexdigest()[:16]
        return staging / f"{self.name}.{content}.part"


def download_model(
    entry: ModelEntry,
    progress: Callable[[DownloadProgress], None],
    cancelled: Callable[[], bool],
) -> Path:
    """Fetch a hub model to the user's models; returns its folder, at once if it is there already.

    What had arrived before a cancel or a cut connection is kept and continued by the next call.
    `cancelled` is asked for every 256 KiB; while the hub is silent, up to 10 s can pass.

    Raises `UserError` `offline_mode`, `hub_unreachable`, `hub_model_missing`, `download_cancelled`,
    `download_interrupted`, `download_corrupt`, `download_running`, or as `file_error` does.
    """
    if entry.path is not None:
        return entry.path
    # Imported late: it reads its environment at import, and takes a third of a second.
    from huggingface_hub.errors import OfflineModeIsEnabled
    from huggingface_hub.utils import WeakFileLock

    def check_cancelled() -> None:
        if cancelled():
            raise UserError("download_cancelled", model=entry.id)

    target = hub_folder(entry.id)
    staging = target.with_name(f".download-{target.name}")
    try:
        staging.mkdir(parents=True, exist_ok=True)
        with WeakFileLock(staging / "lock", timeout=0.1):
            if not target.is_dir():
                files = _find_files(entry.id, check_cancelled)
                _fetch_files(entry.id, files, staging, progress, check_cancelled)
                _install(files, staging, target)
        shutil.rmtree(staging, ignore_errors=True)
    except OfflineModeIsEnabled as error:
        raise UserError("offline_mode", model=entry.id) from error
    except TimeoutError as error:  # The lock's: another window or command is at it.
        raise UserError("download_running", model=entry.id) from error
    except OSError as error:
        raise file_error(error, Path(error.filename or target), "write_failed") from error
    return target


def _find_files(repo: str, check_cancelled: Callable[[], None]) -> list[_RemoteFile]:
    """The files to fetch, all of one commit; of the weights the first that the hub has."""
    from huggingface_hub import errors

    def find(name: str, revision: str) -> _RemoteFile | None:
        check_cancelled()
        return _find_file(repo, name, revision)

    try:
        config = find(CONFIG_FILE, "main")
        if config is None:
            raise UserError("hub_model_missing", model=repo)
        candidates = (find(name, config.commit) for name in WEIGHTS_FILES)
        weights = next((file for file in candidates if file), None)
        if weights is None:
            raise UserError("hub_model_missing", model=repo)
        optional = [find(name, config.commit) for name in OPTIONAL_FILES]
        return [config, *(file for file in optional if file), weights]
    except (
        errors.RepositoryNotFoundError,  # Includes gated models.
        errors.RevisionNotFoundError,
        errors.DisabledRepoError,
    ) as error:
        raise UserError("hub_model_missing", model=repo) from error
    # httpx's base class, of whichever fork of httpx the hub library is built on.
    except errors.HTTPError as error:  # pyright: ignore[reportPrivateImportUsage]
        raise _unreachable(_reason(error)) from error


def _find_file(repo: str, name: str, revision: str) -> _RemoteFile | None:
    from huggingface_hub import (
        get_hf_file_metadata,  # pyright: ignore[reportUnknownVariableType]
        hf_hub_url,
    )
    from huggingface_hub.errors import EntryNotFoundError

    url = hf_hub_url(repo, name, revision=revision)
    try:
        found = get_hf_file_metadata(url, timeout=_TIMEOUT_S)
    except EntryNotFoundError:
        return None
    if found.etag is None or found.size is None or found.commit_hash is None:
        # Something answers in the hub's place, such as the login page of a wireless network.
        raise _unreachable("the answer is not a model hub's")
    pinned = hf_hub_url(repo, name, revision=found.commit_hash)
    return _RemoteFile(name, pinned, found.etag, found.size, found.commit_hash)


def _fetch_files(
    repo: str,
    files: list[_RemoteFile],
    staging: Path,
    progress: Callable[[DownloadProgress], None],
    check_cancelled: Callable[[], None],
) -> None:
    """Complete the part of each file and check it."""
    from huggingface_hub.errors import HTTPError  # pyright: ignore[reportPrivateImportUsage]

    total = sum(file.size for file in files)
    earlier = 0  # Bytes of the files before the one that is being fetched.

    def report(bytes_of_file: int) -> None:
        progress(DownloadProgress(earlier + bytes_of_file, total))
        check_cancelled()

    for file in files:
        part = file.part(staging)
        try:
            _fetch(file, part, report)
        except HTTPError as error:
            raise UserError("download_interrupted", model=repo, reason=_reason(error)) from error
        if part.stat().st_size < file.size:  # The answer had no length that httpx could check.
            raise UserError("download_interrupted", model=repo, reason="the answer ended early")
        if not _matches(part, file):
            part.unlink()
            raise UserError("download_corrupt", model=repo, file=file.name)
        earlier += file.size


def _fetch(file: _RemoteFile, part: Path, report: Callable[[int], None]) -> None:
    """Append to `part` what it lacks; `report` gets its size as it grows and may raise."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import (
        build_hf_headers,  # pyright: ignore[reportUnknownVariableType]
        hf_raise_for_status,
    )

    part.touch()
    present = part.stat().st_size
    report(present)
    if present >= file.size:
        return
    # Compressed on the way, offsets would not be those of the file.
    headers = build_hf_headers() | {"Accept-Encoding": "identity"}
    if present:
        headers["Range"] = f"bytes={present}-"
    with get_session().stream("GET", file.url, headers=headers, timeout=_TIMEOUT_S) as response:
        hf_raise_for_status(response)
        # A server that knows no ranges answers 200 and sends everything.
        with part.open("ab" if response.status_code == 206 else "wb") as stream:
            for chunk in response.iter_bytes(_CHUNK_BYTES):
                stream.write(chunk)
                report(stream.tell())
            stream.flush()
            os.fsync(stream.fileno())


def _matches(part: Path, file: _RemoteFile) -> bool:
    """Whether the content has the hub's checksum: SHA-256 of large files, git's blob id of others.

    A mirror may give another kind of ETag: then only the size can be checked.
    """
    if part.stat().st_size != file.size:
        return False
    git_header = b"blob %d\0" % file.size
    digest = {64: hashlib.sha256, 40: lambda: hashlib.sha1(git_header)}.get(len(file.etag))
    if digest is None:
        return True
    with part.open("rb") as stream:
        return hashlib.file_digest(stream, digest).hexdigest() == file.etag


def _install(files: list[_RemoteFile], staging: Path, target: Path) -> None:
    """Make the checked parts a model folder, which appears by one rename."""
    model = staging / "model"
    model.mkdir(exist_ok=True)
    for file in files:
        file.part(staging).replace(model / file.name)
    model.rename(target)


def _unreachable(reason: str) -> UserError:
    from huggingface_hub.constants import ENDPOINT

    return UserError("hub_unreachable", hub=ENDPOINT, reason=reason)


def _reason(error: Exception) -> str:
    """One line for an HTTP error; the hub library's own texts have several."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP {response.status_code}"
    return str(error).partition("\n")[0] or type(error).__name__
