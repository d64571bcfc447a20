//! What is different between two versions of a dataset. Only rows that are not the same in both are read: a changed row is known
//! by the line of the file that it came from, which it keeps.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::ops::ControlFlow;
use std::path::Path;

use serde::Deserialize;
use tunesmith_protocol::{
    ChangedRow, CompareVersions, DatasetVersion, ItemKind, JobKind, Row, RowChange, VersionChanges, WireError,
};
use tunesmith_sentence::say;

use super::Datasets;
use super::catalog::version_of;
use super::rows::{ROWS_PER_PAGE, bubbles};
use super::store::{RowReader, RowRef, read_entries};
use crate::jobs::{Claim, NewJob, cancelled};

/// Rows between two looks at whether someone cancelled.
const ROWS_BETWEEN: usize = 256;

/// What is different between two versions.
#[derive(Default)]
pub(super) struct Differences {
    /// In the order of the later version; a row that is gone stands where it was.
    changes: Vec<Change>,
    /// The rows that both have are in another order.
    reordered: bool,
}

/// A row that is not the same in both versions, with its place in each.
struct Change {
    kind: RowChange,
    before: Option<(u32, RowRef)>,
    after: Option<(u32, RowRef)>,
}

impl Change {
    fn place(&self) -> u32 {
        self.after.or(self.before).map_or(0, |(place, _)| place)
    }
}

impl Datasets {
    /// Some of the rows that are different between two versions, and how many there are of each kind. What was found is
    /// remembered until other versions are compared.
    pub fn compare_versions(&self, args: &CompareVersions) -> Result<VersionChanges, WireError> {
        let dataset = self.get(&args.dataset)?;
        let [before, after] = [version_of(&dataset, args.before)?, version_of(&dataset, args.after)?];
        let folder = self.home.dataset(&dataset.id)?;
        let paths = [before, after].map(|DatasetVersion { number, .. }| folder.version(*number));
        let question = format!("{} {}", paths[0].display(), paths[1].display());
        let found = match self.cache.differences.get(&question) {
            Some(known) => {
                self.jobs.never_begins(args.job.as_deref());
                known
            }
            None => {
                let job =
                    NewJob::new(JobKind::Search, &dataset.name).id_of_call(args.job.clone()).claims(Claim::Search);
                self.jobs.run(job.on(ItemKind::Dataset, &dataset.id), |job| {
                    let note = say!("job-comparing-rows", "Comparing the rows");
                    let [before, after] = [read_entries(&paths[0])?, read_entries(&paths[1])?];
                    let differences =
                        compare(&before, &after, &folder.rows(), &mut |done, total| job.rows(&note, done, total))?;
                    Ok(self.cache.differences.keep(question, differences))
                })?
            }
        };
        page(&found, args, &folder.rows())
    }
}

/// The rows that are asked for.
fn page(found: &Differences, args: &CompareVersions, rows: &Path) -> Result<VersionChanges, WireError> {
    let count = |kind: RowChange| found.changes.iter().filter(|change| change.kind == kind).count() as u64;
    let wanted = || found.changes.iter().filter(|change| args.kind.is_none_or(|kind| change.kind == kind));
    let mut reader = RowReader::open(rows)?;
    let mut read = |side: Option<(u32, RowRef)>| -> Result<Option<Row>, WireError> {
        let Some((place, entry)) = side else { return Ok(None) };
        Ok(Some(bubbles(place.into(), entry.split(), reader.row(&entry)?, None)))
    };
    let some = wanted().skip(args.offset as usize).take(args.limit.min(ROWS_PER_PAGE) as usize);
    let changed = |change: &Change| {
        Ok(ChangedRow { kind: change.kind, before: read(change.before)?, after: read(change.after)? })
    };
    Ok(VersionChanges {
        added: count(RowChange::Added),
        removed: count(RowChange::Removed),
        changed: count(RowChange::Changed),
        moved: count(RowChange::Moved),
        reordered: found.reordered,
        total: wanted().count() as u64,
        rows: some.map(changed).collect::<Result<_, WireError>>()?,
    })
}

type Progress<'a> = &'a mut dyn FnMut(u64, u64) -> ControlFlow<()>;

/// Pairs the rows of two versions: the very same row first, then one that says the same on the same side, then one on the other
/// side, then one of the same line of a file.
fn compare(before: &[RowRef], after: &[RowRef], rows: &Path, progress: Progress) -> Result<Differences, WireError> {
    let mut left = Unpaired { before: places(before), after: places(after) };
    let on =
        |all: &[RowRef], places: &[u32]| -> Vec<RowRef> { places.iter().map(|place| all[*place as usize]).collect() };
    let mut same = Vec::new();
    for step in 0..3 {
        let key = |row: RowRef| match step {
            0 => Key::Place(row.at),
            1 => Key::OnSide(row.key, row.held_out),
            _ => Key::Says(row.key),
        };
        let keys = [on(before, &left.before), on(after, &left.after)].map(|rows| rows.into_iter().map(key).collect());
        same.extend(left.pair(keys));
    }
    let origins = origins([on(before, &left.before), on(after, &left.after)], rows, progress)?;
    let changed = left.pair(origins);
    let at = |all: &[RowRef], place: u32| Some((place, all[place as usize]));
    let both = |kind, (one, other): (u32, u32)| Change { kind, before: at(before, one), after: at(after, other) };
    let is_moved = |&(one, other): &(u32, u32)| before[one as usize].held_out != after[other as usize].held_out;
    let mut changes: Vec<Change> = changed.into_iter().map(|pair| both(RowChange::Changed, pair)).collect();
    changes.extend(same.iter().filter(|pair| is_moved(pair)).map(|pair| both(RowChange::Moved, *pair)));
    let gone = |place| Change { kind: RowChange::Removed, before: at(before, place), after: None };
    let new = |place| Change { kind: RowChange::Added, before: None, after: at(after, place) };
    changes.extend(left.before.into_iter().map(gone).chain(left.after.into_iter().map(new)));
    changes.sort_by_key(Change::place);
    same.sort_unstable_by_key(|(_, place)| *place);
    Ok(Differences { changes, reordered: !same.is_sorted_by_key(|(place, _)| *place) })
}

fn places(rows: &[RowRef]) -> Vec<u32> {
    (0..rows.len() as u32).collect()
}

/// What two rows must share to be one.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Place(u64),
    OnSide([u8; 16], bool),
    Says([u8; 16]),
}

/// The places of the rows that have no partner yet.
struct Unpaired {
    before: Vec<u32>,
    after: Vec<u32>,
}

impl Unpaired {
    /// Pairs rows of the same key, in their order. `keys` are those of `before` and `after`.
    fn pair<K: Eq + Hash>(&mut self, keys: [Vec<K>; 2]) -> Vec<(u32, u32)> {
        let [before, after] = keys;
        let mut by_key: HashMap<K, VecDeque<u32>> = HashMap::new();
        for (place, key) in self.before.iter().zip(before) {
            by_key.entry(key).or_default().push_back(*place);
        }
        let mut pairs = Vec::new();
        let mut keys = after.into_iter();
        self.after.retain(|place| {
            let partner = keys.next().and_then(|key| by_key.get_mut(&key)?.pop_front());
            pairs.extend(partner.map(|partner| (partner, *place)));
            partner.is_none()
        });
        self.before = by_key.into_values().flatten().collect();
        self.before.sort_unstable();
        pairs
    }
}

/// The file and the line that a row came from.
type Origin = (String, u64);

/// Where rows came from, and nothing else of them.
fn origins(sides: [Vec<RowRef>; 2], path: &Path, progress: Progress) -> Result<[Vec<Origin>; 2], WireError> {
    #[derive(Deserialize)]
    struct Beginning<'a> {
        #[serde(borrow)]
        file: Cow<'a, str>,
        line: u64,
    }
    let [before, after] = &sides;
    let total = before.len() + after.len();
    let mut reader = RowReader::open(path)?;
    let mut of = |first: usize, rows: &[RowRef]| -> Result<Vec<Origin>, WireError> {
        // Where one side has no row left, nothing can be paired.
        if before.is_empty() || after.is_empty() {
            return Ok(rows.iter().map(|_| Origin::default()).collect());
        }
        let mut origins = Vec::with_capacity(rows.len());
        for (number, entry) in (first..).zip(rows) {
            if number % ROWS_BETWEEN == 0 && progress(number as u64, total as u64).is_break() {
                return Err(cancelled());
            }
            let origin = match serde_json::from_slice::<Beginning>(reader.bytes(entry)?) {
                Ok(Beginning { file, line }) => (file.into_owned(), line),
                // What is wrong with the row is told by whoever reads it whole.
                Err(_) => reader.row(entry).map(|row| (row.file, row.line))?,
            };
            origins.push(origin);
        }
        Ok(origins)
    };
    Ok([of(0, before)?, of(before.len(), after)?])
}
