//! Reads Parquet files and workbooks through a worker process with little memory. The format of the lines it writes is in
//! `parquet_rows` and `workbook_rows`.

use std::io::{self, BufWriter, Read, Write};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use tunesmith_protocol::Sheet;
use tunesmith_sentence::{Sentence, say};

use super::workbook::SheetRows;
use super::{Bomb, json};
use crate::error::{io_error, io_reason};
use crate::parquet_rows::{self, BOMB, COUNT, END, FAILED, NO_TEXT, ROW, TOO_LONG};
use crate::record::{Beginning, LONGEST_ROW, Problem, Record, Sink};
use crate::workbook_rows::{self, SHEETS};
use crate::worker_limits::MEMORY_BYTES;

const CHUNK: usize = 64 << 10;
/// Chunks that wait for the parser.
const AHEAD: usize = 4;
/// How long a worker may send nothing.
const TIMEOUT: Duration = Duration::from_secs(9);
/// How often the caller may cancel while nothing comes.
const POLL: Duration = Duration::from_millis(100);

/// A kind of file that is read by a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// Parquet or Arrow.
    Columnar,
    /// A spreadsheet.
    Workbook,
}

impl Table {
    /// What the worker is called with.
    fn word(self) -> &'static str {
        match self {
            Self::Columnar => "parquet",
            Self::Workbook => "workbook",
        }
    }

    fn write_rows(self, path: &Path, sheet: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Columnar => parquet_rows::write_rows(path, out),
            Self::Workbook => workbook_rows::write_rows(path, sheet, out),
        }
    }

    /// What is wrong with a file whose worker ended without a word.
    fn too_large(self, status: String) -> io::Error {
        match self {
            Self::Columnar => invalid(say!(
                "import-parquet-memory",
                "it asks for more memory than the {limit_mb} MB that reading it may take, or is damaged ({status})",
                limit_mb = MEMORY_BYTES >> 20,
                status
            )),
            Self::Workbook => {
                let reason = say!(
                    "import-workbook-memory",
                    "it is too large for a workbook, as reading it takes more than {limit_mb} MB of memory, or it is damaged ({status})",
                    limit_mb = MEMORY_BYTES >> 20,
                    status
                );
                io_error(io::ErrorKind::OutOfMemory, reason)
            }
        }
    }

    /// What is wrong with a file of which nothing comes for long.
    fn too_slow(self) -> io::Error {
        let limit_s = TIMEOUT.as_secs();
        match self {
            Self::Columnar => {
                invalid(say!("import-parquet-slow", "reading it takes longer than {limit_s} s for a few rows", limit_s))
            }
            Self::Workbook => {
                let reason = say!(
                    "import-workbook-slow",
                    "it is too large for a workbook: after {limit_s} s nothing of it was read",
                    limit_s
                );
                io_error(io::ErrorKind::OutOfMemory, reason)
            }
        }
    }
}

/// The program that reads such files in worker processes.
static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Makes worker processes of this program, which understands `--worker`, read Parquet files and workbooks, instead of this
/// process; to be called before any import. Not needed by those who use this crate as a library and trust their files.
pub fn read_tables_with(program: PathBuf) {
    // The first call decides.
    let _ = PROGRAM.set(program);
}

/// Reads the rows of a file of `size` bytes. `progress(bytes)` is called as it goes; its `Break` ends the reading with an
/// error. Of a workbook `sheet` is read, or its first one with rows.
pub(super) fn read(
    table: Table,
    path: &Path,
    sheet: Option<&str>,
    size: u64,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    sink: &mut Sink,
) -> io::Result<()> {
    let partial = Vec::new();
    let mut lines = LineReader { size, progress, sink, partial, rows: 0, count: 0, sheet: None, ended: false };
    lines.report_progress()?;
    let silence = match PROGRAM.get() {
        Some(program) => read_in_worker(table, program, path, sheet, &mut lines)?,
        None => read_in_process(table, path, sheet, &mut lines)?,
    };
    if !lines.ended {
        return Err(silence);
    }
    lines.finish()
}

/// Reads the file in this process. A panic of the library is an error like others.
fn read_in_process(table: Table, path: &Path, sheet: Option<&str>, lines: &mut LineReader) -> io::Result<io::Error> {
    let broken = || invalid(say!("import-parquet-contradicts", "its parts contradict each other"));
    let read = catch_unwind(AssertUnwindSafe(|| {
        let mut out = BufWriter::with_capacity(CHUNK, lines);
        let written = table.write_rows(path, sheet, &mut out).and_then(|()| out.flush());
        // Lines that were refused once must not be offered again.
        drop(out.into_parts());
        written
    }));
    read.map_or_else(|_| Ok(broken()), |written| written.map(|()| broken()))
}

/// Reads the file in a worker process; the result is why the worker ended, if it did not say so itself.
fn read_in_worker(
    table: Table,
    program: &Path,
    path: &Path,
    sheet: Option<&str>,
    lines: &mut LineReader,
) -> io::Result<io::Error> {
    let mut worker = Worker::start(table.word(), program, path, sheet)?;
    let mut last = Instant::now();
    loop {
        match worker.chunks.recv_timeout(POLL) {
            Ok(chunk) => {
                lines.write_all(&chunk)?;
                last = Instant::now();
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(table.too_large(worker.how_it_ended())),
            Err(RecvTimeoutError::Timeout) if last.elapsed() > TIMEOUT => return Err(table.too_slow()),
            Err(RecvTimeoutError::Timeout) => lines.report_progress()?,
        }
    }
}

/// The sheets of a workbook that have rows.
pub(super) fn sheets(path: &Path) -> io::Result<Vec<Sheet>> {
    let mut text = Vec::new();
    match PROGRAM.get() {
        Some(program) => {
            let worker = Worker::start("sheets", program, path, None)?;
            loop {
                match worker.chunks.recv_timeout(TIMEOUT) {
                    Ok(chunk) => text.extend(chunk),
                    Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) => return Err(Table::Workbook.too_slow()),
                }
            }
        }
        None => {
            let written = catch_unwind(AssertUnwindSafe(|| workbook_rows::write_sheets(path, &mut text)));
            written.map_err(|_| invalid(lost_its_way()))??;
        }
    }
    let mut lines = text.split(|byte| *byte == b'\n');
    let found = lines.find_map(|line| line.strip_prefix(&[SHEETS])).ok_or_else(|| invalid(lost_its_way()))?;
    serde_json::from_slice(found).map_err(|_| invalid(lost_its_way()))
}

/// A running worker; killed when dropped.
struct Worker {
    child: Child,
    chunks: Receiver<Vec<u8>>,
}

impl Worker {
    fn start(word: &str, program: &Path, path: &Path, sheet: Option<&str>) -> io::Result<Self> {
        let no_worker = |error: io::Error| {
            let reason = say!(
                "import-no-worker",
                "{program}, which reads it, cannot be started: {reason}",
                program,
                reason = io_reason(&error)
            );
            io_error(io::ErrorKind::Other, reason)
        };
        let mut command = Command::new(program);
        command.args(["--worker", word]).arg(path).args(sheet);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        // Ctrl+C in a terminal is for the program, which ends its workers itself.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(no_worker)?;
        let no_output = || io_error(io::ErrorKind::Other, say!("import-no-output", "its output is missing"));
        let mut output = child.stdout.take().ok_or_else(|| no_worker(no_output()))?;
        let (sender, chunks) = sync_channel(AHEAD);
        thread::spawn(move || {
            loop {
                let mut chunk = vec![0; CHUNK];
                match output.read(&mut chunk) {
                    Ok(count) if count > 0 => chunk.truncate(count),
                    // That it broke off shows in what is missing.
                    _ => return,
                }
                if sender.send(chunk).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, chunks })
    }

    fn how_it_ended(&mut self) -> String {
        self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Turns the lines of a worker into records.
struct LineReader<'a> {
    size: u64,
    progress: &'a mut (dyn FnMut(u64) -> ControlFlow<()> + 'a),
    sink: &'a mut Sink<'a>,
    /// The beginning of a line whose end is still to come.
    partial: Vec<u8>,
    /// Rows so far, and in the whole file.
    rows: u64,
    count: u64,
    /// The sheet of a workbook, once its name came.
    sheet: Option<SheetRows>,
    ended: bool,
}

impl LineReader<'_> {
    /// Reports progress, and stops if the caller cancels.
    fn report_progress(&mut self) -> io::Result<()> {
        let share = self.rows.min(self.count) as f64 / self.count.max(1) as f64;
        match (self.progress)((self.size as f64 * share) as u64) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(io::Error::other("cancelled")),
        }
    }

    /// Hands on what waits for a row after it.
    fn finish(&mut self) -> io::Result<()> {
        match &mut self.sheet {
            Some(sheet) => sheet.finish(self.sink),
            None => Ok(()),
        }
    }

    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        let Some((kind, text)) = line.split_first() else { return Ok(()) };
        let words = || String::from_utf8_lossy(text).into_owned();
        let body = match *kind {
            COUNT => {
                self.count = words().parse().unwrap_or(0);
                return Ok(());
            }
            END => {
                self.ended = true;
                return Ok(());
            }
            BOMB => return Err(io::Error::new(io::ErrorKind::InvalidData, Bomb)),
            SHEETS => {
                let sheets = serde_json::from_slice(text).map_err(|_| invalid(lost_its_way()))?;
                self.sheet = Some(SheetRows::of(sheets, self.sink)?);
                return Ok(());
            }
            FAILED => return Err(invalid(serde_json::from_slice(text).unwrap_or_else(|_| lost_its_way()))),
            NO_TEXT => {
                let message = say!(
                    "row-column-no-text",
                    "The column “{column}” holds bytes or another kind of cell that is no text; left out",
                    column = words()
                );
                return (self.sink)(Record::remark(self.rows, Problem::new("not_text", message)));
            }
            ROW | TOO_LONG if self.sheet.is_some() => {
                self.rows += 1;
                let sheet = self.sheet.as_mut().map(|sheet| sheet.row(*kind == ROW, text, self.sink));
                return sheet.unwrap_or(Ok(()));
            }
            ROW => {
                self.rows += 1;
                return (self.sink)(json::row(self.rows, text));
            }
            TOO_LONG => Err(Problem::too_long()),
            _ => {
                let reason = say!("import-other-version", "the program that reads it is of another version");
                return Err(invalid(reason));
            }
        };
        self.rows += 1;
        (self.sink)(Record::row(self.rows, Beginning::of(text), body))
    }
}

impl Write for LineReader<'_> {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        let mut rest = chunk;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            if self.partial.is_empty() {
                self.line(&rest[..end])?;
            } else {
                self.partial.extend(&rest[..end]);
                let line = std::mem::take(&mut self.partial);
                self.line(&line)?;
                // Its memory serves the next one.
                self.partial = line;
                self.partial.clear();
            }
            rest = &rest[end + 1..];
        }
        self.partial.extend(rest);
        if self.partial.len() > LONGEST_ROW + 1 {
            return Err(invalid(lost_its_way()));
        }
        self.report_progress()?;
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn lost_its_way() -> Sentence {
    say!("import-worker-lost", "the process that reads it gave an answer that makes no sense")
}

fn invalid(reason: Sentence) -> io::Error {
    io_error(io::ErrorKind::InvalidData, reason)
}
