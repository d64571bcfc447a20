//! The home folder.
use std::path::PathBuf;

/// `TUNESMITH_HOME`, else `$XDG_DATA_HOME/tunesmith`, else `~/.local/share/tunesmith`.
pub fn default_home() -> PathBuf {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from("TUNESMITH_HOME")
        .or_else(|| from("XDG_DATA_HOME").map(|data| data.join("tunesmith")))
        .or_else(|| from("HOME").map(|home| home.join(".local/share/tunesmith")))
        .unwrap_or_else(|| PathBuf::from(".tunesmith"))
}
