//! A font for pictures made of pixels: one of the system's.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use plotters::style::{FontStyle, register_font};

use crate::home::entries;

/// Plain fonts in the order in which they are preferred.
const PREFERRED: [&str; 7] = [
    "Inter-Regular",
    "NotoSans-Regular",
    "DejaVuSans",
    "LiberationSans-Regular",
    "Ubuntu-R",
    "Cantarell-Regular",
    "FreeSans",
];
const DEEPEST: usize = 5;

/// Gives the drawing library a font called sans-serif. False when this computer has none.
pub(super) fn register() -> bool {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    *REGISTERED.get_or_init(|| {
        let mut fonts = Vec::new();
        for folder in folders() {
            collect(&folder, DEEPEST, &mut fonts);
        }
        fonts.sort_by_key(|font| rank(font));
        fonts.iter().take(10).any(|font| use_font(font))
    })
}

fn use_font(path: &Path) -> bool {
    let Ok(bytes) = std::fs::read(path) else { return false };
    // The library keeps fonts for as long as the process lives; this happens once.
    register_font("sans-serif", FontStyle::Normal, Box::leak(bytes.into_boxed_slice())).is_ok()
}

fn rank(font: &Path) -> usize {
    let stem = font.file_stem().unwrap_or_default().to_string_lossy();
    PREFERRED.iter().position(|name| *name == stem).unwrap_or(PREFERRED.len())
}

fn collect(folder: &Path, deep: usize, fonts: &mut Vec<PathBuf>) {
    for path in entries(folder) {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if matches!(extension, "ttf" | "otf") {
            fonts.push(path);
        } else if deep > 0 && path.is_dir() {
            collect(&path, deep - 1, fonts);
        }
    }
}

/// Where fontconfig looks.
fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = ["/usr/share/fonts", "/usr/local/share/fonts"].map(PathBuf::from).into();
    if let Some(home) = std::env::var_os("HOME").map(PathBuf::from) {
        folders.extend([home.join(".local/share/fonts"), home.join(".fonts")]);
    }
    folders
}
