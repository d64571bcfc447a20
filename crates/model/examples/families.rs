//! Writes a tiny model of every family with an adapter that 20 steps have trained, for scripts/reference/peft_families.py
//! to load:
//!
//! ```text
//! families FOLDER
//! ```
//! FOLDER/NUMBER/base is a model folder, FOLDER/NUMBER/adapter has PEFT's files, and FOLDER/NUMBER/found.json the name,
//! the logits of one row and how far the losses were from those of transformers and PEFT.

use std::fs;
use std::path::Path;

use serde_json::json;
use tunesmith_model::DType;

#[expect(dead_code, reason = "the tests use all of it")]
#[path = "../tests/model/case.rs"]
mod case;
#[expect(dead_code, reason = "the tests use all of it")]
#[path = "../tests/model/formula.rs"]
mod formula;

fn main() {
    let folder = std::env::args().nth(1).expect("usage: families FOLDER");
    for (number, mut case) in case::cases().enumerate() {
        let folder = Path::new(&folder).join(number.to_string());
        let apart = case.train().into_iter().map(|(found, expected)| (found / expected - 1.0).abs());
        let apart = apart.fold(0.0, f64::max);
        case.decoder.save(&folder.join("base"), DType::F32).unwrap();
        case.adapter.save(&folder.join("adapter"), "base").unwrap();
        let ids = formula::Batch::new(&[17], case.decoder.config().vocabulary, 2).ids;
        let logits: Vec<Vec<f32>> = case.decoder.logits(&case.adapter, &ids).unwrap().to_vec2().unwrap();
        let found = json!({"name": case.name, "ids": ids, "logits": logits, "loss_apart": apart});
        fs::write(folder.join("found.json"), found.to_string()).unwrap();
    }
}
