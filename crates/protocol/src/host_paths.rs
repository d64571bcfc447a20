//! Paths on the computer that runs the studio, as arguments of commands. They are types of their own, so that `dispatch`
//! finds every one of them in whatever was sent, wherever it stands, and asks the transport whether its caller may name it.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use serde::ser::{self, Serialize, Serializer};
use serde::{Deserialize, Serialize as DeriveSerialize};
use ts_rs::TS;

use tunesmith_sentence::Sentence;

use crate::WireError;

macro_rules! path_types {
    ($($(#[$doc:meta])+ $name:ident;)*) => {$(
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Eq, Hash, DeriveSerialize, Deserialize, TS)]
        pub struct $name(String);

        impl $name {
            /// As it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<Path> for $name {
            fn as_ref(&self) -> &Path {
                self.0.as_ref()
            }
        }

        impl From<String> for $name {
            fn from(path: String) -> Self {
                Self(path)
            }
        }

        impl From<&str> for $name {
            fn from(path: &str) -> Self {
                Self(path.into())
            }
        }

        impl From<&Path> for $name {
            fn from(path: &Path) -> Self {
                Self(path.to_string_lossy().into_owned())
            }
        }

        impl From<PathBuf> for $name {
            fn from(path: PathBuf) -> Self {
                path.as_path().into()
            }
        }
    )*};
}

path_types! {
    /// A file or folder that a command reads.
    ReadPath;
    /// A file that a command writes.
    WritePath;
}

/// Which paths a caller may name. A transport decides it once, for all commands and after their arguments were parsed.
pub trait PathPolicy {
    /// Whether the command may read this path for the caller.
    ///
    /// # Errors
    /// Why it may not, in words for the person at the other end.
    fn check_read(&self, command: &str, path: &ReadPath) -> Result<(), WireError>;

    /// Whether the command may write this path for the caller.
    ///
    /// # Errors
    /// Why it may not, in words for the person at the other end.
    fn check_write(&self, command: &str, path: &WritePath) -> Result<(), WireError>;
}

/// For callers that have all rights of the user anyway: the window, and other processes of the user.
pub struct AnyPath;

impl PathPolicy for AnyPath {
    fn check_read(&self, _command: &str, _path: &ReadPath) -> Result<(), WireError> {
        Ok(())
    }

    fn check_write(&self, _command: &str, _path: &WritePath) -> Result<(), WireError> {
        Ok(())
    }
}

/// Asks the policy about every path in the arguments.
pub(crate) fn check(command: &str, args: &impl Serialize, policy: &dyn PathPolicy) -> Result<(), WireError> {
    let mut found = Found::default();
    args.serialize(Finder(&mut found)).map_err(|error| WireError::internal(Sentence::verbatim(error.0)))?;
    found.read.iter().try_for_each(|path| policy.check_read(command, path))?;
    found.write.iter().try_for_each(|path| policy.check_write(command, path))
}

#[derive(Default)]
struct Found {
    read: Vec<ReadPath>,
    write: Vec<WritePath>,
}

/// Walks through any value and notes the paths in it: serde tells the name of each newtype on the way.
struct Finder<'a>(&'a mut Found);

#[derive(Debug)]
struct WalkError(String);

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
