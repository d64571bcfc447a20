//! Reads Arrow's own files, as `save_to_disk` of Hugging Face's datasets writes them: a stream of batches, or a file.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::rc::Rc;

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, SchemaRef};

use super::{COUNT, Failed, RowWriter, write_line};
use crate::counted_file::CountedFile;
use crate::error::io_reason;

/// Writes the lines of a file.
pub(super) fn rows(path: &Path, out: &mut dyn Write) -> Result<(), Failed> {
    let of_file = |error: io::Error| Failed::File(io_reason(&error));
    let mut file = File::open(path).map_err(of_file)?;
    let size = file.metadata().map_err(of_file)?.len();
    let mut head = [0; 6];
    file.read_exact(&mut head).map_err(of_file)?;
    file.seek(SeekFrom::Start(0)).map_err(of_file)?;
    let read = Rc::new(Cell::new(0));
    if &head == b"ARROW1" {
        let batches = FileReader::try_new_buffered(file, None)?;
        let all = batches.num_batches() as u64;
        let schema = batches.schema();
        let share = |done: u64| (done, all);
        return write_batches(schema, size, batches, &share, out);
    }
    let counted = CountedFile { file, bytes: read.clone() };
    let batches = StreamReader::try_new(BufReader::new(counted), None)?;
    let schema = batches.schema();
    write_batches(schema, size, batches, &|_| (read.get(), size), out)
}

/// Writes the rows of all batches. `share(batches)` says how much of how much was read, by which the number of rows is told:
/// neither form says it before.
fn write_batches(
    schema: SchemaRef,
    size: u64,
    batches: impl Iterator<Item = Result<RecordBatch, ArrowError>>,
    share: &dyn Fn(u64) -> (u64, u64),
    out: &mut dyn Write,
) -> Result<(), Failed> {
    let mut rows = RowWriter::new(size, schema.as_ref().clone());
    for (done, batch) in (1..).zip(batches) {
        let batch = batch?;
        let (read, all) = share(done);
        let count = (rows.rows + batch.num_rows() as u64).saturating_mul(all) / read.max(1);
        write_line(out, COUNT, count.to_string().as_bytes()).map_err(Failed::Out)?;
        rows.write(&batch, out)?;
    }
    Ok(())
}
