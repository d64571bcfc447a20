//! Estimates how much text two rows share: shingles, their bottom-k sketch, and the MinHash band keys that similar rows have
//! in common.

use std::collections::HashSet;

use tunesmith_data::mix64;

/// Words per shingle.
const SHINGLE: usize = 3;
/// Shingles kept of a row; for two rows with no more than this together, the similarity is exact.
pub(crate) const ROW: usize = 128;
/// Shingles kept of its answers.
pub(crate) const ANSWERS: usize = 64;
/// Bands and minima per band: rows with a similarity of 0.8 share a band key 997 times in 1000, with 0.4 8 times in 100.
pub(crate) const BANDS: usize = 20;
const PER_BAND: usize = 6;
const BINS: usize = BANDS * PER_BAND;

/// The distinct runs of three words, each as a number.
pub(crate) fn shingles(words: &[u64]) -> Vec<u64> {
    let run = |run: &[u64]| run.iter().fold(0, |hash, word| mix64(hash ^ word).wrapping_add(*word));
    let mut shingles: Vec<u64> = words.windows(SHINGLE).map(run).collect();
    shingles.sort_unstable();
    shingles.dedup();
    shingles
}

/// The smallest `most` numbers, ascending (Cohen and Kaplan 2007, “Summarizing data using bottom-k sketches”).
pub(crate) fn sketch(shingles: &[u64], common: &HashSet<u64>, most: usize) -> Vec<u32> {
    let kept = shingles.iter().filter(|shingle| !common.contains(shingle));
    // The shingles ascend, and so do their upper halves.
    let mut sketch: Vec<u32> = kept.map(|shingle| (shingle >> 32) as u32).take(most).collect();
    sketch.dedup();
    sketch
}

/// The Jaccard similarity of two rows, estimated from the `most` smallest shingles of both; 1 for two rows without any.
pub(crate) fn similarity(one: &[u32], other: &[u32], most: usize) -> f64 {
    let (mut a, mut b, mut seen, mut shared) = (0, 0, 0, 0);
    while seen < most && (a < one.len() || b < other.len()) {
        let (left, right) = (one.get(a), other.get(b));
        let takes_left = right.is_none_or(|right| left.is_some_and(|left| left <= right));
        let takes_right = left.is_none_or(|left| right.is_some_and(|right| right <= left));
        a += usize::from(takes_left);
        b += usize::from(takes_right);
        shared += usize::from(takes_left && takes_right);
        seen += 1;
    }
    if seen == 0 { 1.0 } else { shared as f64 / seen as f64 }
}

/// The keys of a row's bands: one-permutation MinHash, whose empty bins borrow from others (Shrivastava 2017, “Optimal
/// densification for fast and accurate minwise hashing”). Rows with different salts share no key.
pub(crate) fn band_keys(shingles: &[u64], common: &HashSet<u64>, salt: u64) -> Option<[u64; BANDS]> {
    let mut minima = [u64::MAX; BINS];
    for shingle in shingles.iter().filter(|shingle| !common.contains(shingle)) {
        // A number of its own, so that bins and sketch do not depend on each other.
        let number = mix64(shingle ^ 0x9e37_79b9_7f4a_7c15);
        let bin = ((u128::from(number) * BINS as u128) >> 64) as usize;
        minima[bin] = minima[bin].min(number);
    }
    if minima.iter().all(|minimum| *minimum == u64::MAX) {
        return None;
    }
    let mut keys = [salt; BANDS];
    for bin in 0..BINS {
        let key = &mut keys[bin / PER_BAND];
        *key = mix64(*key ^ filled(&minima, bin)).wrapping_add(bin as u64);
    }
    Some(keys)
}

/// The minimum of a bin; for an empty bin, of the first non-empty one in a pseudo-random sequence that is the same for all
/// rows.
fn filled(minima: &[u64; BINS], bin: usize) -> u64 {
    let mut at = bin;
    let mut attempt = 0u64;
    while minima[at] == u64::MAX {
        attempt += 1;
        at = (mix64((bin as u64) << 32 | attempt) % BINS as u64) as usize;
    }
    minima[at]
}
