//! Lets the server compile before the screen was built: the embedded folder must exist.

use std::{fs, path::Path};

const PLACEHOLDER: &str = "<!doctype html><title>Tunesmith</title><p>The screen is not built yet. \
Run <code>make ui</code> in the repository, then start Tunesmith again.</p>\n";

fn main() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/dist");
    // Cargo looks at the whole folder: a new screen is embedded with the next build.
    println!("cargo:rerun-if-changed={}", dist.display());
    let index = dist.join("index.html");
    if !index.exists() {
        let written = fs::create_dir_all(&dist).and_then(|()| fs::write(&index, PLACEHOLDER));
        if let Err(error) = written {
            println!("cargo:warning=cannot make {}: {error}", index.display());
        }
    }
}
