//! Walks through the arguments of a command and finds the paths in them, by their type.

use std::fmt::Display;

use serde::{Serialize, Serializer, ser};

use super::{ReadPath, WritePath};

/// The paths in a value, in the order in which they stand.
#[derive(Default)]
pub(super) struct Found {
    pub read: Vec<ReadPath>,
    pub write: Vec<WritePath>,
}

/// Finds every path in a value, wherever it stands.
pub(super) fn paths_in(value: &impl Serialize) -> Result<Found, WalkError> {
    let mut found = Found::default();
    value.serialize(Finder(&mut found))?;
    Ok(found)
}

/// Walks through any value and notes the paths in it: serde tells the name of each newtype on the way.
struct Finder<'a>(&'a mut Found);

#[derive(Debug)]
pub(super) struct WalkError(String);

impl Display for WalkError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for WalkError {}

impl ser::Error for WalkError {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl Finder<'_> {
    fn walk<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WalkError> {
        value.serialize(Finder(self.0))
    }
}

fn path_of<T: Serialize + ?Sized>(value: &T) -> Result<String, WalkError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(path)) => Ok(path),
        _ => Err(WalkError("a path is a text".into())),
    }
}

/// Plain values hold no paths.
macro_rules! leaves {
    ($($method:ident: $type:ty;)*) => {
        $(fn $method(self, _value: $type) -> Result<(), WalkError> { Ok(()) })*
    };
}

impl<'a> Serializer for Finder<'a> {
    type Ok = ();
    type Error = WalkError;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    leaves! {
        serialize_bool: bool; serialize_i8: i8; serialize_i16: i16; serialize_i32: i32; serialize_i64: i64;
        serialize_u8: u8; serialize_u16: u16; serialize_u32: u32; serialize_u64: u64; serialize_f32: f32;
        serialize_f64: f64; serialize_char: char; serialize_str: &str; serialize_bytes: &[u8];
        serialize_unit_struct: &'static str;
    }

    fn serialize_none(self) -> Result<(), WalkError> {
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), WalkError> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), WalkError> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), WalkError> {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), WalkError> {
        match name {
            "ReadPath" => self.0.read.push(ReadPath(path_of(value)?)),
            "WritePath" => self.0.write.push(WritePath(path_of(value)?)),
            _ => return value.serialize(self),
        }
        Ok(())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), WalkError> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, WalkError> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, WalkError> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, WalkError> {
        Ok(self)
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, WalkError> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, WalkError> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, WalkError> {
        Ok(self)
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, WalkError> {
        Ok(self)
    }
}

/// The parts of a list are walked through one after another.
macro_rules! lists {
    ($($kind:ident $method:ident;)*) => {$(
        impl ser::$kind for Finder<'_> {
            type Ok = ();
            type Error = WalkError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WalkError> {
                self.walk(value)
            }

            fn end(self) -> Result<(), WalkError> {
                Ok(())
            }
        }
    )*};
}

lists! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

/// So are the fields of a struct, whatever they are called.
macro_rules! structs {
    ($($kind:ident;)*) => {$(
        impl ser::$kind for Finder<'_> {
            type Ok = ();
            type Error = WalkError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), WalkError> {
                self.walk(value)
            }

            fn end(self) -> Result<(), WalkError> {
                Ok(())
            }
        }
    )*};
}

structs! {
    SerializeStruct;
    SerializeStructVariant;
}

impl ser::SerializeMap for Finder<'_> {
    type Ok = ();
    type Error = WalkError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), WalkError> {
        self.walk(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WalkError> {
        self.walk(value)
    }

    fn end(self) -> Result<(), WalkError> {
        Ok(())
    }
}
