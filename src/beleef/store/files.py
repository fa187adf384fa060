"""Files for other systems, in a folder or in S3-compatible storage: whoever reads there finds whole files or none."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from beleef.kernel.errors import InvalidInput, NotFound, Unavailable

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem


class Files:
    """A place for files.

    Args:
        address: A folder, or ``s3://bucket/prefix``; keys, region and endpoint of S3 come from the usual environment variables.

    Raises:
        InvalidInput: the address is of another kind.
    """

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._s3 = address.startswith("s3://")
        if not self._s3 and "://" in address:
            raise InvalidInput(
                f"Files cannot be kept at {address!r}.", hint="Use a folder, or s3://bucket/prefix."
            )

    def write(self, path: str, pieces: Iterable[bytes]) -> None:
        """Write a file, which appears under its name once it is whole.

        Args:
            path: Below the address, folders parted by ``/``; folders are made.
            pieces: The content.

        Raises:
            Unavailable: it could not be written; nothing of it is there.
        """
        try:
            if self._s3:
                # An upload that is not finished is no object.
                with self._filesystem().open_output_stream(self._location(path)) as stream:
                    for piece in pieces:
                        stream.write(piece)
            else:
                self._write_local(Path(self.address) / path, pieces)
        except OSError as error:
            raise Unavailable(
                f"The file could not be written: {error}",
                hint="Look whether there is room, and a right to write.",
            ) from error

    def read(self, path: str) -> bytes:
        """Return the content of a file.

        Raises:
            NotFound: there is none.
            Unavailable: the storage does not answer.
        """
        try:
            if self._s3:
                with self._filesystem().open_input_file(self._location(path)) as file:
                    return bytes(file.read())
            return (Path(self.address) / path).read_bytes()
        except FileNotFoundError as error:
            raise NotFound("There is no such file.", hint="It may have been erased.") from error
        except OSError as error:
            raise Unavailable(f"The file cannot be read: {error}") from error

    def names(self, folder: str) -> list[str]:
        """Return the names of the files in a folder, sorted; none where there is no such folder.

        Raises:
            Unavailable: the storage does not answer.
        """
        try:
            if self._s3:
                from pyarrow.fs import FileSelector  # noqa: PLC0415 -- loads Arrow

                wanted = FileSelector(self._location(folder), allow_not_found=True)
                return sorted(one.base_name for one in self._filesystem().get_file_info(wanted))
            local = Path(self.address) / folder
            return sorted(one.name for one in local.iterdir()) if local.is_dir() else []
        except OSError as error:
            raise Unavailable(f"The files cannot be listed: {error}") from error

    def delete(self, path: str) -> None:
        """Delete a file; nothing happens where there is none.

        Raises:
            Unavailable: the storage does not answer.
        """
        try:
            if self._s3:
                self._filesystem().delete_file(self._location(path))
            else:
                (Path(self.address) / path).unlink(missing_ok=True)
        except FileNotFoundError:
            return
        except OSError as error:
            raise Unavailable(f"The file could not be deleted: {error}") from error

    def _location(self, path: str) -> str:
        return f"{self.address.removeprefix('s3://')}/{path}"

    def _filesystem(self) -> "FileSystem":
        from beleef.store.warehouse.lake import Lake  # noqa: PLC0415 -- loads Arrow

        return Lake(self.address).filesystem

    def _write_local(self, path: Path, pieces: Iterable[bytes]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.unfinished")
        try:
            with unfinished.open("wb") as file:
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
