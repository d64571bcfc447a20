//! Nearly equal rows: MinHash with banding finds candidates, and their sketches decide (Broder 1997, “On the resemblance
//! and containment of documents”; Leskovec et al., “Mining of massive datasets”, chapter 3).

use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use crate::common::{Common, Shingled};
use crate::error::DoctorError;
use crate::sketch::{ANSWERS, BANDS, ROW, band_keys, shingles, similarity, sketch};
use crate::spill::{Sketches, Spill};
use tunesmith_data::mix64;

/// The similarity (Jaccard) from which rows are nearly equal.
const ALIKE: f64 = 0.8;
/// Rows with fewer shingles, common ones aside, are too short to compare.
const LEAST_SHINGLES: usize = 8;
/// Answers with fewer words must be the same: one word of “no, it is not” changes everything.
const SHORT_ANSWER: usize = 10;
/// In a bucket a row is compared with at most so many rows that differ from each other. Without this limit, datasets of one
/// pattern would take quadratic time.
const COMPARED: usize = 4;

/// No row.
const NONE: u32 = u32::MAX;

/// Collects rows, and finds which are nearly equal.
pub(crate) struct Near {
    common: Common,
    spill: Spill,
}

impl Near {
    pub(crate) fn new(scratch: &Path) -> io::Result<Self> {
        Ok(Self { common: Common::default(), spill: Spill::new(scratch)? })
    }

    /// Looks at the row at `index`: the word hashes of what is asked and answered. Rows with different `salt` are never alike.
    pub(crate) fn look(&mut self, index: u32, asked: &[u64], answered: &[u64], salt: u64) -> io::Result<()> {
        let salt = match answered.len() {
            ..SHORT_ANSWER => answered.iter().fold(salt, |salt, word| mix64(salt ^ word)),
            _ => salt,
        };
        let answers = shingles(answered);
        let mut row = shingles(asked);
        row.extend(&answers);
        row.sort_unstable();
        row.dedup();
        if row.len() < LEAST_SHINGLES {
            return Ok(());
        }
        let rows = self.common.take(Shingled { index, salt, row, answers });
        self.keep(rows)
    }

    fn keep(&mut self, rows: Vec<Shingled>) -> io::Result<()> {
        let common = &self.common.shingles;
        for row in rows {
            let sketches =
                Sketches { row: sketch(&row.row, common, ROW), answers: sketch(&row.answers, common, ANSWERS) };
            if sketches.row.len() < LEAST_SHINGLES {
                continue;
            }
            if let Some(keys) = band_keys(&row.row, common, row.salt) {
                self.spill.add(row.index, &keys, &sketches)?;
            }
        }
        Ok(())
    }

    /// For each of `count` rows its leader: the first row that it is nearly equal to and that is its own leader. A row that
    /// is like no other is its own leader, too.
    pub(crate) fn leaders(
        mut self,
        count: usize,
        progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<Vec<u32>, DoctorError> {
        let rows = self.common.decide();
        self.keep(rows)?;
        let mut earliest = vec![NONE; count];
        for band in 0..BANDS {
            if progress(band as u64, BANDS as u64).is_break() {
                return Err(DoctorError::Cancelled);
            }
            let entries = self.spill.band(band)?;
            for (number, bucket) in entries.chunk_by(|one, other| one.0 == other.0).enumerate() {
                // Also within a long band, so that cancelling need not wait for its end.
                if number % 4096 == 4095 && progress(band as u64, BANDS as u64).is_break() {
                    return Err(DoctorError::Cancelled);
                }
                if bucket.len() > 1 {
                    self.compare(bucket, &mut earliest)?;
                }
            }
        }
        let leaders = self.lead(&earliest)?;
        // Done: there is nothing left to cancel.
        let _ = progress(BANDS as u64, BANDS as u64);
        Ok(leaders)
    }

    /// Compares the rows of a bucket with the first of them, and with those that are not like it.
    fn compare(&mut self, bucket: &[(u64, u32)], earliest: &mut [u32]) -> io::Result<()> {
        let mut firsts: Vec<(u32, Sketches)> = Vec::new();
        for (_, index) in bucket {
            let known = earliest[*index as usize];
            if firsts.iter().any(|(first, _)| *first == known) {
                continue;
            }
            let own = self.spill.sketches(*index)?;
            match firsts.iter().find(|(_, first)| alike(first, &own)) {
                Some((first, _)) => earliest[*index as usize] = known.min(*first),
                None if firsts.len() < COMPARED => firsts.push((*index, own)),
                None => {}
            }
        }
        Ok(())
    }

    /// Similarity is not transitive: a row joins the leader of the row it is like only if it is like that leader too.
    fn lead(&mut self, earliest: &[u32]) -> io::Result<Vec<u32>> {
        let mut leaders: Vec<u32> = (0..earliest.len() as u32).collect();
        for (index, &earlier) in earliest.iter().enumerate() {
            if earlier == NONE {
                continue;
            }
            let leader = leaders[earlier as usize];
            if leader == earlier || alike(&self.spill.sketches(leader)?, &self.spill.sketches(index as u32)?) {
                leaders[index] = leader;
            }
        }
        Ok(leaders)
    }
}

fn alike(one: &Sketches, other: &Sketches) -> bool {
    similarity(&one.row, &other.row, ROW) >= ALIKE && similarity(&one.answers, &other.answers, ANSWERS) >= ALIKE
}
