//! Writes a tiny model of every family with an adapter that 20 steps have trained, and the same for every way to train
//! one, for scripts/reference/peft_families.py to load:
//!
//! ```text
//! families FOLDER
//! ```
//! FOLDER/NUMBER/base is a model folder, FOLDER/NUMBER/adapter has PEFT's files, and FOLDER/NUMBER/found.json the name,
//! the logits of one row and how far the losses were from those of transformers and PEFT.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "it serves scripts/parity, which shows a panic")]

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
#[path = "../tests/model/method_case.rs"]
mod method_case;

fn main() {
    let folder = std::env::args().nth(1).expect("usage: families FOLDER");
    let families = case::cases().map(|mut case| {
        let apart = case.train().into_iter().map(|(found, expected)| (found / expected - 1.0).abs());
        let apart = apart.fold(0.0, f64::max);
        (case.name, case.decoder, case.adapter, apart)
    });
    let methods = method_case::cases().into_iter().map(|mut case| {
        let apart = case.train();
        let (base, adapter) = case.original();
        (case.name.clone(), base.clone(), adapter, apart)
    });
    for (number, (name, base, adapter, apart)) in families.chain(methods).enumerate() {
        let folder = Path::new(&folder).join(number.to_string());
        base.save(&folder.join("base"), DType::F32).unwrap();
        adapter.save(&folder.join("adapter"), "base").unwrap();
        let ids = formula::Batch::new(&[17], base.config().vocabulary, 2).ids;
        let logits: Vec<Vec<f32>> = base.logits(&adapter, &ids).unwrap().to_vec2().unwrap();
        let found = json!({"name": name, "ids": ids, "logits": logits, "loss_apart": apart});
        fs::write(folder.join("found.json"), found.to_string()).unwrap();
    }
}
