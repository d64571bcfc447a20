//! The header of a safetensors file, checked before anything is believed: its length, its number of tensors, that no
//! name comes twice, and that the tensors fill the file without gaps or overlaps.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use tunesmith_sentence::{Sentence, say};

/// Longer headers take gigabytes to read and no model needs one.
const LONGEST_HEADER: u64 = 16 << 20;
/// How the text begins that Git keeps in the place of a large file.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";
/// More tensors than any model has.
pub const MOST_TENSORS: usize = 50_000;

/// Where a tensor lies in its file, and what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorInfo {
    /// Such as `BF16`.
    pub dtype: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// From the start of the file, in bytes.
    pub bytes: Range<usize>,
}

/// Reads the header of a safetensors file; what is wrong with it is said in words that follow the file's name.
///
/// # Errors
/// What is wrong with the header, in words that follow the file's name.
pub fn read(file: &[u8]) -> Result<BTreeMap<String, TensorInfo>, Sentence> {
    read_beginning(file, file.len())
}

/// The same of an open file, of which no more than the header is read.
///
/// # Errors
/// What is wrong with the header, or what the system said.
pub fn read_file(file: &mut File) -> io::Result<Result<BTreeMap<String, TensorInfo>, Sentence>> {
    let length = file.metadata()?.len();
    let mut beginning = Vec::new();
    file.by_ref().take(8).read_to_end(&mut beginning)?;
    let header = beginning.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    // The first bytes of a pointer are no length, but as many more tell what it is.
    file.take(header.min(LONGEST_HEADER).max(LFS_POINTER.len() as u64)).read_to_end(&mut beginning)?;
    Ok(read_beginning(&beginning, usize::try_from(length).unwrap_or(usize::MAX)))
}

/// Reads the header in the beginning of a file of this length.
fn read_beginning(file: &[u8], file_length: usize) -> Result<BTreeMap<String, TensorInfo>, Sentence> {
    if file.starts_with(LFS_POINTER) {
        return Err(say!(
            "model-lfs-pointer",
            "is only a Git LFS pointer, the weights themselves were not fetched; run `git lfs pull` in its folder, \
             or download this file from the model's page"
        ));
    }
    let cut = || say!("model-header-cut", "is cut off: it is shorter than its header says; download or copy it again");
    let length = file.first_chunk::<8>().map(|bytes| u64::from_le_bytes(*bytes)).ok_or_else(cut)?;
    if length > LONGEST_HEADER {
        return Err(say!(
            "model-header-too-long",
            "is not a safetensors file: its header would be {bytes} bytes long",
            bytes = length
        ));
    }
    let start = 8 + length as usize;
    let text = file.get(8..start).ok_or_else(cut)?;
    let header: Header = serde_json::from_slice(text)
        .map_err(|error| say!("model-header-broken", "has a broken header: {error}", error = error.to_string()))?;
    let mut tensors = BTreeMap::new();
    for (name, raw) in header.0 {
        let size = raw.size().filter(|size| raw.data_offsets.1.checked_sub(raw.data_offsets.0) == Some(*size));
        let end = raw.data_offsets.1.checked_add(start as u64);
        let (Some(_), Some(end)) = (size, end) else {
            return Err(say!(
                "model-header-size-wrong",
                "has a broken header: the size of {name} does not fit its shape",
                name
            ));
        };
        if end > file_length as u64 {
            return Err(cut());
        }
        let bytes = start + raw.data_offsets.0 as usize..end as usize;
        tensors.insert(name, TensorInfo { dtype: raw.dtype, shape: raw.shape, bytes });
    }
    check_layout(&tensors, start..file_length)?;
    Ok(tensors)
}

/// A tensor with numbers that nothing can be computed with, in words that follow the file's name.
pub fn not_finite(name: &str) -> Sentence {
    say!(
        "model-not-finite",
        "{name} holds NaN or infinite numbers: the training that made it diverged, or the file is damaged",
        name
    )
}

/// Every byte after the header belongs to exactly one tensor.
fn check_layout(tensors: &BTreeMap<String, TensorInfo>, data: Range<usize>) -> Result<(), Sentence> {
    let mut ranges: Vec<_> = tensors.values().map(|tensor| tensor.bytes.clone()).collect();
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut end = data.start;
    for range in ranges {
        if range.start != end {
            return Err(say!("model-header-gaps", "has a broken header: tensors overlap or leave gaps"));
        }
        end = range.end;
    }
    if end == data.end { Ok(()) } else { Err(say!("model-header-rest", "has bytes after its last tensor")) }
}

/// The bytes of one number.
fn width(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "F64" | "I64" | "U64" => 8,
        "F32" | "I32" | "U32" => 4,
        "F16" | "BF16" | "I16" | "U16" => 2,
        "I8" | "U8" | "BOOL" | "F8_E4M3" | "F8_E5M2" => 1,
        _ => return None,
    })
}

#[derive(Deserialize)]
struct Raw {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

impl Raw {
    fn size(&self) -> Option<u64> {
        self.shape.iter().try_fold(width(&self.dtype)?, |size, &dim| size.checked_mul(dim as u64))
    }
}

/// The header's tensors; a name that comes twice is an error (the format forbids it, most readers take the last).
struct Header(BTreeMap<String, Raw>);

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let mut tensors = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            if tensors.len() == MOST_TENSORS {
                return Err(A::Error::custom(format!("more than {MOST_TENSORS} tensors")));
            }
            if tensors.contains_key(&name) {
                return Err(A::Error::custom(format!("{name} comes twice")));
            }
            let raw = map.next_value::<Raw>()?;
            tensors.insert(name, raw);
        }
        Ok(Header(tensors))
    }
}
