//! Paths on the computer that runs the studio, as arguments of commands. They are types of their own, so that `dispatch`
//! finds every one of them in whatever was sent, wherever it stands, and asks the transport whether its caller may name it.

mod finder;
mod user_home;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize};
use ts_rs::TS;
use tunesmith_sentence::Sentence;

use crate::WireError;
pub use user_home::{user_home, with_tilde, with_user_home};

macro_rules! path_types {
    ($($(#[$doc:meta])+ $name:ident;)*) => {$(
        $(#[$doc])+
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, TS)]
        pub struct $name(String);

        // What somebody has typed may begin with `~`; whoever asks a policy must ask about the path that is meant.
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
                Ok(Self(with_user_home(String::deserialize(source)?)))
            }
        }

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
    let found = finder::paths_in(args).map_err(|error| WireError::internal(Sentence::verbatim(error.to_string())))?;
    found.read.iter().try_for_each(|path| policy.check_read(command, path))?;
    found.write.iter().try_for_each(|path| policy.check_write(command, path))
}
