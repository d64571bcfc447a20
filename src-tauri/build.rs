//! Prepares the window's resources. The screens are built by Vite; a clone that has not built them yet still compiles.

use std::{fs, path::Path};

const PLACEHOLDER: &str =
    "<!doctype html><title>Tunesmith</title><p>The screens are not built yet: run <code>make run</code></p>\n";

fn main() {
    let screens = Path::new("../ui/dist");
    if !screens.join("index.html").exists() {
        fs::create_dir_all(screens).expect("ui/ can be written, as in every clone");
        fs::write(screens.join("index.html"), PLACEHOLDER).expect("ui/dist can be written: it was just made");
    }
    tauri_build::build();
}
