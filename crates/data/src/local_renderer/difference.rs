//! Where two texts differ.

/// The range of bytes of `text` in which it differs from `other`, widened to whole characters.
pub(super) fn difference(text: &str, other: &str) -> (usize, usize) {
    let same = |pair: &(u8, u8)| pair.0 == pair.1;
    let shorter = text.len().min(other.len());
    let mut start = text.bytes().zip(other.bytes()).take_while(same).count();
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut tail = text.bytes().rev().zip(other.bytes().rev()).take(shorter - start).take_while(same).count();
    while !text.is_char_boundary(text.len() - tail) {
        tail -= 1;
    }
    (start, text.len() - tail)
}
