"""Parquet, read a few rows at a time with page checksums verified."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from core.files.base import UNREADABLE, Layout, Numbered, Reader, Select
from core.files.encoding import WINDOWS
from core.files.errors import BatchError, OtherFormat, SizeLimitExceeded, Unreadable
from core.files.formats import kind_of

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH, PREVIEW_BATCH = 1_000, 10
"""Rows read at a time."""


class ParquetReader(Reader):
    """The rows of a Parquet file. Columns that are not selected are not read."""

    def parquet(self) -> "pq.ParquetFile":
        """The open file."""
        import pyarrow.parquet as pq

        # Through a small buffer: otherwise a file of one row group would be in memory completely.
        return pq.ParquetFile(
            self.path, buffer_size=1 << 20, pre_buffer=False, page_checksum_verification=True
        )

    def _read_layout(self) -> Layout:
        with self.parquet() as file:
            max_bytes = self.max_unpacked()
            if sum(group.total_byte_size for group in _row_groups(file)) > max_bytes:
                raise SizeLimitExceeded(
                    "it holds more than {most:,.0f} MB unpacked", most=max_bytes / 1e6
                )
            return Layout(kind_of(self.path), columns=tuple(file.schema_arrow.names))

    def _read(self, select: Select, first: int | None = None) -> Numbered:
        names = self.layout.columns
        selected = select(names)
        wanted = [names[i] for i in selected.values()]
        number = read = 0
        with self.parquet() as file:
            # The number of rows in the file's metadata may be wrong.
            total = sum(group.num_rows for group in _row_groups(file))
            for batch in file.iter_batches(PREVIEW_BATCH if first else BATCH, columns=wanted):
                present = batch.schema.names
                columns = {
                    name: _values(batch.column(_position(names, i, present)))
                    for name, i in selected.items()
                }
                for cells in zip(*columns.values(), strict=True):
                    number += 1
                    yield number, dict(zip(columns, cells, strict=True))
                self.share = number / max(total, number, 1)
                read += batch.nbytes
                if first and read >= first:
                    return

    def _unreadable(self, reason: str) -> BatchError:
        name = self.path.name
        with suppress(OSError), self.path.open("rb") as file:
            if file.read(4) != b"PAR1":
                return OtherFormat(
                    "{name} is not a Parquet file: {reason}.", name=name, reason=reason
                )
        return Unreadable(
            "{name} is a Parquet file that is damaged, cut short or of a form that is not "
            "read: {reason}.",
            name=name,
            reason=reason,
        )


def _position(names: Sequence[str], i: int, present: Sequence[str]) -> int:
    """Where column i of a file stands among those read; columns of the same name are all read."""
    before = names[:i].count(names[i])
    return [j for j, name in enumerate(present) if name == names[i]][before]


def _row_groups(file: "pq.ParquetFile") -> Iterator["pq.RowGroupMetaData"]:
    return map(file.metadata.row_group, range(file.num_row_groups))


def _values(column: "pa.Array") -> list[Any]:
    """The cells of a column as Python objects, UNREADABLE where that is impossible."""
    import pyarrow as pa

    not_held = (ValueError, OverflowError, LookupError, pa.ArrowException)

    def value(cell: "pa.Scalar") -> Any:
        try:
            return cell.as_py()
        except UnicodeDecodeError:
            if isinstance(cell, pa.StringScalar):
                return cell.as_buffer().to_pybytes().decode("utf-8", WINDOWS)
        except not_held:
            pass
        return UNREADABLE

    try:
        return column.to_pylist()
    except not_held:
        return [value(cell) for cell in column]
