//! Which layers of a model are tuned, as people write it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;
use tunesmith_sentence::{Sentence, say};

/// The layers that are tuned, counted from 0. Written `all`, `last-8`, `4..11` (both included), or several such, as in
/// `0, 4..11`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(try_from = "serde_json::Value", into = "String")]
#[ts(type = "string")]
pub enum Layers {
    /// All of them, and with all weights what comes before and after them.
    #[default]
    All,
    /// The last so many.
    Last(u32),
    /// From the first to the second number, both included.
    Ranges(Vec<(u32, u32)>),
}

impl Layers {
    /// Whether a layer is in several of its ranges.
    pub fn are_named_twice(&self) -> bool {
        let Self::Ranges(ranges) = self else { return false };
        let mut ranges = ranges.clone();
        ranges.sort_unstable();
        ranges.windows(2).any(|pair| pair[1].0 <= pair[0].1)
    }

    /// The layers of a model that has `count`, in order; `None` is all. An error says what is wrong, to follow the
    /// setting's name.
    pub fn of(&self, count: usize) -> Result<Option<Vec<usize>>, Sentence> {
        let most = u32::try_from(count).unwrap_or(u32::MAX);
        match self {
            Self::All => Ok(None),
            Self::Last(last) if *last > most => {
                Err(say!("layers-too-many", "must be at most last-{most}: the model has {most} layers", most))
            }
            Self::Last(last) => Ok(Some((count - *last as usize..count).collect())),
            Self::Ranges(ranges) => {
                if let Some((_, end)) = ranges.iter().find(|(_, end)| *end >= most) {
                    return Err(say!(
                        "layers-beyond",
                        "must be below {most}, the model's layers, not {end}",
                        most,
                        end
                    ));
                }
                let mut layers: Vec<usize> =
                    ranges.iter().flat_map(|(start, end)| *start as usize..=*end as usize).collect();
                layers.sort_unstable();
                layers.dedup();
                Ok(Some(layers))
            }
        }
    }
}

impl FromStr for Layers {
    type Err = Sentence;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = || say!("expected-layers", "all, last-8, 4..11 (both included), or a list of layers from 0");
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| expected());
        if text.trim() == "all" {
            return Ok(Self::All);
        }
        if let Some(last) = text.trim().strip_prefix("last-") {
            return number(last).and_then(|last| if last > 0 { Ok(Self::Last(last)) } else { Err(expected()) });
        }
        let range = |part: &str| match part.split_once("..") {
            Some((start, end)) => Ok((number(start)?, number(end)?)),
            None => number(part).map(|layer| (layer, layer)),
        };
        let ranges = text.split(',').map(range).collect::<Result<Vec<_>, _>>()?;
        if ranges.iter().all(|(start, end)| start <= end) { Ok(Self::Ranges(ranges)) } else { Err(expected()) }
    }
}

impl TryFrom<Value> for Layers {
    type Error = Sentence;

    /// A run file may say `3` or `[0, 3]` too.
    fn try_from(value: Value) -> Result<Self, Self::Error> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), String::from);
        match &value {
            Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(",").parse(),
            other => text(other).parse(),
        }
    }
}

impl From<Layers> for String {
    fn from(layers: Layers) -> Self {
        let range = |(start, end): (u32, u32)| if start == end { start.to_string() } else { format!("{start}..{end}") };
        match layers {
            Layers::All => "all".into(),
            Layers::Last(last) => format!("last-{last}"),
            Layers::Ranges(ranges) => ranges.into_iter().map(range).collect::<Vec<_>>().join(", "),
        }
    }
}
