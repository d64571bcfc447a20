//! Prepares the window's resources. The screens are built by Vite; a clone that has not built them yet still compiles.

use std::path::Path;
use std::{fs, io};

const PLACEHOLDER: &str =
    "<!doctype html><title>Tunesmith</title><p>The screens are not built yet: run <code>make run</code></p>\n";

fn main() -> io::Result<()> {
    let screens = Path::new("../ui/dist");
    if !screens.join("index.html").exists() {
        fs::create_dir_all(screens)?;
        fs::write(screens.join("index.html"), PLACEHOLDER)?;
    }
    tauri_build::build();
    Ok(())
}
