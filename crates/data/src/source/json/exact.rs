//! Parses JSON as serde_json does, but reports what serde_json ignores: repeated keys in an object, and numbers that may
//! have lost digits.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Error, Map, Value};

/// What was seen besides the value.
#[derive(Default)]
pub(super) struct Seen {
    /// The first repeated key.
    pub repeated: Option<String>,
    /// There is a number that is not a 64-bit integer.
    pub has_float: bool,
}

/// Reads one value.
pub(super) fn parse(bytes: &[u8]) -> Result<(Value, Seen), Error> {
    let mut seen = Seen::default();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Exact(&mut seen).deserialize(&mut reader)?;
    reader.end()?;
    Ok((value, seen))
}

struct Exact<'a>(&'a mut Seen);

impl<'de> DeserializeSeed<'de> for Exact<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Exact<'_> {
    type Value = Value;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        self.0.has_float = true;
        Ok(value.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Exact(self.0))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Exact(self.0))?;
            if self.0.repeated.is_none() && object.contains_key(&name) {
                self.0.repeated = Some(name.clone());
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}
