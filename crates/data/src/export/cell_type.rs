//! The type of a column's cells, which a typed table must know before its first row.

use std::borrow::Cow;

use serde_json::Value;

/// Objects with more keys than this are written as JSON text, because their keys are data rather than structure; so are
/// deeper ones, which few readers accept.
const MOST_KEYS: usize = 64;
const DEEPEST: usize = 12;
/// Integers up to here are exact as 64-bit floats, too: 2^53.
const EXACT: u64 = 1 << 53;

/// The type of a column, wide enough for all values seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum CellType {
    /// Nothing but null.
    #[default]
    Nothing,
    /// True or false.
    Truth,
    /// Integers; `wide` where one of them is not exact as a float.
    Whole { wide: bool },
    /// Numbers.
    Number,
    /// Text; other values are written as JSON.
    Text,
    /// Lists.
    List(Box<Self>),
    /// Objects, with the kind of each key.
    Object(Vec<(String, Self)>),
}

impl CellType {
    /// Widens the type for a value.
    pub(super) fn see(&mut self, value: &Value) {
        self.see_at(value, 0);
    }

    fn see_at(&mut self, value: &Value, depth: usize) {
        match (&mut *self, value) {
            (_, Value::Null) | (Self::Text, _) => {}
            (Self::List(items), Value::Array(list)) => list.iter().for_each(|item| items.see_at(item, depth + 1)),
            (Self::Object(keys), Value::Object(object)) => {
                for (key, value) in object {
                    match keys.iter_mut().find(|(known, _)| known == key) {
                        Some((_, cells)) => cells.see_at(value, depth + 1),
                        None => {
                            let mut cells = Self::Nothing;
                            cells.see_at(value, depth + 1);
                            keys.push((key.clone(), cells));
                        }
                    }
                }
                if keys.len() > MOST_KEYS {
                    *self = Self::Text;
                }
            }
            (Self::Nothing, Value::Array(_)) if depth < DEEPEST => {
                *self = Self::List(Box::default());
                self.see_at(value, depth);
            }
            (Self::Nothing, Value::Object(_)) if depth < DEEPEST => {
                *self = Self::Object(Vec::new());
                self.see_at(value, depth);
            }
            (known, value) => *self = std::mem::take(known).widened(Self::simple(value)),
        }
    }

    fn simple(value: &Value) -> Self {
        match value {
            Value::Bool(_) => Self::Truth,
            Value::Number(number) if number.is_i64() => {
                Self::Whole { wide: number.as_i64().is_some_and(|number| number.unsigned_abs() > EXACT) }
            }
            Value::Number(number) if number.is_f64() => Self::Number,
            _ => Self::Text,
        }
    }

    fn widened(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, other) => other,
            (Self::Truth, Self::Truth) => Self::Truth,
            (Self::Whole { wide: one }, Self::Whole { wide: other }) => Self::Whole { wide: one || other },
            (Self::Whole { wide: false } | Self::Number, Self::Whole { wide: false } | Self::Number) => Self::Number,
            _ => Self::Text,
        }
    }
}

/// A value as the text of a cell: lists and objects as JSON.
pub(super) fn text_of(cell: &Value) -> Option<Cow<'_, str>> {
    match cell {
        Value::Null => None,
        Value::String(text) => Some(text.into()),
        other => Some(other.to_string().into()),
    }
}

/// Whether a text has a NUL character, which CSV cannot hold; JSON escapes it.
pub(super) fn has_nul(cell: &Value) -> bool {
    cell.as_str().is_some_and(|text| text.contains('\0'))
}
