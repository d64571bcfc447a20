//! The problems of an import, page by page. They are indexed once, because a file can have a million of them.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;

use serde::Deserialize;
use tunesmith_data::own_file;
use tunesmith_protocol::{Count, DatasetProblems, ProblemsPage, RowProblem, WireError};

use super::Datasets;
use crate::errors;

const PROBLEMS_PER_PAGE: u32 = 200;

/// Where each problem lies, and of which kind it is.
pub(crate) struct ProblemIndex {
    kinds: Vec<Count>,
    /// Its first byte in the file, and its kind's place among the kinds.
    places: Vec<(u64, u16)>,
}

/// What is read of a problem to index it.
#[derive(Deserialize)]
struct ProblemKind<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

impl Datasets {
    /// Some dropped rows, and kept ones with something worth knowing.
    pub fn problems(&self, args: &DatasetProblems) -> Result<ProblemsPage, WireError> {
        let dataset = self.get(&args.dataset)?;
        let path = self.home.dataset(&args.dataset)?.problems();
        let index = self.cache.problems(&path, dataset.problems, || index(&path))?;
        let total = match &args.kind {
            Some(kind) => index.kinds.iter().find(|count| count.what == *kind).map_or(0, |count| count.count),
            None => index.places.len() as u64,
        };
        let wanted =
            |place: &&(u64, u16)| args.kind.as_ref().is_none_or(|kind| index.kinds[place.1 as usize].what == *kind);
        let some = index.places.iter().filter(wanted).skip(args.offset as usize);
        let some = some.take(args.limit.min(PROBLEMS_PER_PAGE) as usize);
        let mut file = BufReader::new(own_file::open(&path).map_err(errors::io(&path))?);
        let problems = some.map(|(at, _)| read(&mut file, *at, &path)).collect::<Result<_, _>>()?;
        let mut kinds = index.kinds.clone();
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.count));
        Ok(ProblemsPage { total, kinds, problems })
    }
}

fn index(path: &Path) -> Result<ProblemIndex, WireError> {
    let mut file = BufReader::new(own_file::open(path).map_err(errors::io(path))?);
    let (mut kinds, mut places): (Vec<Count>, Vec<_>) = (Vec::new(), Vec::new());
    let (mut at, mut line) = (0, Vec::new());
    loop {
        line.clear();
        let length = file.read_until(b'\n', &mut line).map_err(errors::io(path))?;
        // One that is being written is one of a change that is not done yet.
        if !line.ends_with(b"\n") {
            return Ok(ProblemIndex { kinds, places });
        }
        let ProblemKind { kind } = serde_json::from_slice(&line).map_err(errors::damaged(path))?;
        let place = kinds.iter().position(|known| known.what == kind).unwrap_or_else(|| {
            kinds.push(Count { what: kind.into_owned(), count: 0 });
            kinds.len() - 1
        });
        kinds[place].count += 1;
        // The kinds are names in our own code: there are some dozens.
        places.push((at, place as u16));
        at += length as u64;
    }
}

fn read(file: &mut BufReader<File>, at: u64, path: &Path) -> Result<RowProblem, WireError> {
    let mut line = Vec::new();
    file.seek(SeekFrom::Start(at)).map_err(errors::io(path))?;
    file.read_until(b'\n', &mut line).map_err(errors::io(path))?;
    serde_json::from_slice(&line).map_err(errors::damaged(path))
}
