//! Writes one Parquet file row by row. A row group is kept in memory until it is large enough; the hash
//! of the file is computed while it is written.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type as Schema};
use rusqlite::Row;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

use crate::regular_file;
use crate::trouble::{Kind, Result, Trouble};

use super::table::{ColumnType, ExportColumn, ExportTable, PAYLOAD};

/// The most rows of a row group.
const MAX_GROUP_ROWS: usize = 50_000;

/// The most bytes of a row group in memory, not counting its last row.
const MAX_GROUP_BYTES: usize = 64 << 20;

/// A Parquet file that is being written.
pub(super) struct TableFile {
    path: PathBuf,
    table: &'static ExportTable,
    names: Vec<String>,
    writer: SerializedFileWriter<Hashed>,
    values: Vec<ColumnValues>,
    /// Of the row group in memory.
    group_rows: usize,
    group_bytes: usize,
    rows: u64,
}

/// Size and hash of a finished file.
#[derive(Debug)]
pub(super) struct FileStats {
    /// How many rows it has.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// In hexadecimal.
    pub sha256: String,
}

/// The values of one column in the row group in memory. `there` has 1 for each row with a value and 0
/// for each without one: Parquet's definition levels.
enum ColumnValues {
    Integers {
        values: Vec<i64>,
        there: Vec<i16>,
    },
    Texts {
        /// All texts, one after the other.
        bytes: Vec<u8>,
        ends: Vec<usize>,
        there: Vec<i16>,
    },
}

impl TableFile {
    /// Creates the file, or overwrites it.
    ///
    /// # Errors
    /// When it cannot be created.
    pub(super) fn create(
        path: &Path,
        table: &'static ExportTable,
        columns: &[ExportColumn],
    ) -> Result<TableFile> {
        let file =
            regular_file::create(path).map_err(|e| regular_file::trouble("making", path, &e))?;
        let out = Hashed {
            out: BufWriter::with_capacity(256 << 10, file),
            hash: Sha256::new(),
            bytes: 0,
        };
        let writer = schema(table, columns)
            .and_then(|schema| SerializedFileWriter::new(out, schema, properties()?))
            .map_err(|e| trouble(path, e))?;
        Ok(TableFile {
            path: path.to_owned(),
            table,
            names: columns.iter().map(|c| c.name.clone()).collect(),
            writer,
            values: columns.iter().map(|c| ColumnValues::of(c.holds)).collect(),
            group_rows: 0,
            group_bytes: 0,
            rows: 0,
        })
    }

    /// Adds a row that has the columns of the file.
    ///
    /// # Errors
    /// When a value is not of its column's type, or the file cannot be written.
    pub(super) fn row(&mut self, row: &Row<'_>) -> Result<()> {
        for (i, values) in self.values.iter_mut().enumerate() {
            match values.push(row.get_ref(i)?) {
                Some(bytes) => self.group_bytes += bytes,
                None => {
                    let name = self.names.get(i).map_or("", String::as_str);
                    return Err(Trouble::new(
                        Kind::Internal,
                        format!(
                            "a value of {}.{name} does not have the type of its column",
                            self.table.view
                        ),
                        "this is a defect in kycdrop: please report it",
                    ));
                }
            }
        }
        self.group_rows += 1;
        self.rows += 1;
        if self.group_rows >= MAX_GROUP_ROWS || self.group_bytes >= MAX_GROUP_BYTES {
            self.end_group()?;
        }
        Ok(())
    }

    fn end_group(&mut self) -> Result<()> {
        let mut write = || -> Result<(), ParquetError> {
            let mut group = self.writer.next_row_group()?;
            for values in &mut self.values {
                let Some(mut column) = group.next_column()? else {
                    return Err(ParquetError::General("too few columns".into()));
                };
                match values {
                    ColumnValues::Integers { values, there } => {
                        column
                            .typed::<Int64Type>()
                            .write_batch(values, Some(there), None)?;
                        values.clear();
                        there.clear();
                    }
                    ColumnValues::Texts { bytes, ends, there } => {
                        let all = ByteArray::from(std::mem::take(bytes));
                        let mut begin = 0;
                        let texts: Vec<ByteArray> = ends
                            .drain(..)
                            .map(|end| {
                                let text = all.slice(begin, end - begin);
                                begin = end;
                                text
                            })
                            .collect();
                        column
                            .typed::<ByteArrayType>()
                            .write_batch(&texts, Some(there), None)?;
                        there.clear();
                    }
                }
                column.close()?;
            }
            group.close()?;
            Ok(())
        };
        write().map_err(|e| trouble(&self.path, e))?;
        self.group_rows = 0;
        self.group_bytes = 0;
        Ok(())
    }

    /// Completes the file and syncs it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn finish(mut self) -> Result<FileStats> {
        if self.group_rows > 0 {
            self.end_group()?;
        }
        let path = self.path;
        let out = self.writer.into_inner().map_err(|e| trouble(&path, e))?;
        let sync = || {
            let file = out.out.into_inner().map_err(|e| e.into_error())?;
            file.sync_all()
        };
        sync().map_err(|e| Trouble::io("writing", &path, &e))?;
        Ok(FileStats {
            rows: self.rows,
            bytes: out.bytes,
            sha256: crate::hex(&out.hash.finalize()),
        })
    }
}

impl ColumnValues {
    fn of(holds: ColumnType) -> ColumnValues {
        match holds {
            ColumnType::Integer => ColumnValues::Integers {
                values: Vec::new(),
                there: Vec::new(),
            },
            ColumnType::Text => ColumnValues::Texts {
                bytes: Vec::new(),
                ends: Vec::new(),
                there: Vec::new(),
            },
        }
    }

    /// Adds a value and returns its size in memory in bytes; None when it has another type.
    fn push(&mut self, value: ValueRef<'_>) -> Option<usize> {
        match (self, value) {
            (
                ColumnValues::Integers { there, .. } | ColumnValues::Texts { there, .. },
                ValueRef::Null,
            ) => {
                there.push(0);
                Some(2)
            }
            (ColumnValues::Integers { values, there }, ValueRef::Integer(n)) => {
                values.push(n);
                there.push(1);
                Some(10)
            }
            (ColumnValues::Texts { bytes, ends, there }, ValueRef::Text(text)) => {
                // kycdrop writes UTF-8 only, and a Parquet string must not be anything else.
                bytes.extend_from_slice(String::from_utf8_lossy(text).as_bytes());
                ends.push(bytes.len());
                there.push(1);
                // The text, its end, and the reference to it when the group is written.
                Some(text.len() + 42)
            }
            _ => None,
        }
    }
}

fn schema(table: &ExportTable, columns: &[ExportColumn]) -> Result<Arc<Schema>, ParquetError> {
    let fields = columns.iter().map(|c| {
        let field = match c.holds {
            ColumnType::Integer => Schema::primitive_type_builder(&c.name, Physical::INT64),
            ColumnType::Text => Schema::primitive_type_builder(&c.name, Physical::BYTE_ARRAY)
                .with_logical_type(Some(LogicalType::String)),
        };
        // A view promises names and types only, so every column may be without a value.
        let field = field.with_repetition(Repetition::OPTIONAL).build()?;
        Ok(Arc::new(field))
    });
    let schema = Schema::group_type_builder(table.name)
        .with_fields(fields.collect::<Result<_, ParquetError>>()?)
        .build()?;
    Ok(Arc::new(schema))
}

/// Nothing here may depend on the time: the same rows must give the same bytes.
fn properties() -> Result<Arc<WriterProperties>, ParquetError> {
    let payload = ColumnPath::from(PAYLOAD);
    let version = KeyValue::new("kycdrop".into(), env!("CARGO_PKG_VERSION").to_owned());
    Ok(Arc::new(
        WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .set_key_value_metadata(Some(vec![version]))
            // No two payloads are equal, and nobody queries a range of them.
            .set_column_dictionary_enabled(payload.clone(), false)
            .set_column_statistics_enabled(payload, EnabledStatistics::None)
            .build(),
    ))
}

fn trouble(path: &Path, e: ParquetError) -> Trouble {
    match e {
        ParquetError::External(e) if e.is::<io::Error>() => match e.downcast::<io::Error>() {
            Ok(e) => Trouble::io("writing", path, &e),
            Err(e) => Trouble::new(Kind::Io, format!("writing {}: {e}", path.display()), ""),
        },
        e => Trouble::new(
            Kind::Internal,
            format!("writing {}: {e}", path.display()),
            "this is a defect in kycdrop: please report it",
        ),
    }
}

/// A file whose hash is computed while it is written.
struct Hashed {
    out: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use rusqlite::Connection;

    /// The rows of each group of a file that is made of a SELECT of a number and a text.
    fn groups(sql: &str) -> Vec<i64> {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("x.parquet");
        let column = |name: &str, holds| ExportColumn {
            name: name.into(),
            holds,
        };
        let columns = [
            column("n", ColumnType::Integer),
            column("t", ColumnType::Text),
        ];
        let table = ExportTable::named("finding").expect("a table");
        let mut file = TableFile::create(&path, table, &columns).expect("a file");
        let conn = Connection::open_in_memory().expect("SQLite");
        let mut select = conn.prepare(sql).expect(sql);
        let mut rows = select.query([]).expect(sql);
        while let Some(row) = rows.next().expect("rows") {
            file.row(row).expect("a row");
        }
        let written = file.finish().expect("a file");
        let bytes = std::fs::read(&path).expect("the file");
        assert_eq!(written.bytes, bytes.len() as u64);
        assert_eq!(written.sha256, crate::hex(&Sha256::digest(&bytes)));
        let reader = SerializedFileReader::new(File::open(&path).expect("it")).expect("Parquet");
        let groups = reader.metadata().row_groups();
        let rows: Vec<i64> = groups.iter().map(|g| g.num_rows()).collect();
        assert_eq!(rows.iter().sum::<i64>() as u64, written.rows);
        rows
    }

    #[test]
    fn a_group_has_so_many_rows_and_bytes_at_most() {
        let count = "WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c LIMIT";
        let narrow = format!("{count} 120000) SELECT nullif(n % 3, 0), 'x' || n FROM c");
        assert_eq!(groups(&narrow), [50_000, 50_000, 20_000]);
        let wide = format!("{count} 40) SELECT n, printf('%.*c', 4 << 20, 'x') FROM c");
        assert_eq!(groups(&wide), [16, 16, 8]);
    }

    #[test]
    fn a_value_of_another_type_is_a_defect_and_not_another_value() {
        let dir = tempfile::tempdir().expect("a folder");
        let table = ExportTable::named("finding").expect("a table");
        let column = ExportColumn {
            name: "n".into(),
            holds: ColumnType::Integer,
        };
        let path = dir.path().join("x.parquet");
        let mut file = TableFile::create(&path, table, &[column]).expect("a file");
        let conn = Connection::open_in_memory().expect("SQLite");
        let mut select = conn.prepare("SELECT 'one'").expect("SQL");
        let mut rows = select.query([]).expect("SQL");
        let row = rows.next().expect("rows").expect("a row");
        let e = file.row(row).expect_err("a text");
        assert!(e.what.contains("v_finding.n"), "{e}");
    }
}
