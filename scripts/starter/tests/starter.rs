//! What the starter model and the sample datasets promise.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use tunesmith_data::ListScore;
use tunesmith_starter::{corpus, initial, make, samples, shape, tokenizer};

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets")
}

/// The set of names in an answer.
fn names(answer: &str) -> Vec<String> {
    answer.split(", ").map(str::to_owned).collect()
}

fn conversation_text(index: u64) -> String {
    format!("{:?}", corpus::conversation(make::SEED, index)).to_lowercase()
}

#[test]
fn sample_files_are_what_the_script_makes() {
    for sample in samples::all() {
        let file = fs::read_to_string(assets().join("samples").join(sample.file)).unwrap();
        assert_eq!(file, samples::lines(&sample.rows), "{}: run `tunesmith-starter samples`", sample.file);
    }
}

#[test]
fn the_catalogue_counts_its_rows() {
    let text = fs::read_to_string(assets().join("samples/samples.json")).unwrap();
    let catalogue: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(catalogue, samples::catalogue());
    for entry in catalogue.as_array().unwrap() {
        let file = fs::read_to_string(assets().join("samples").join(entry["file"].as_str().unwrap())).unwrap();
        assert_eq!(file.lines().count() as u64, entry["rows"].as_u64().unwrap());
    }
}

#[test]
fn recipe_answers_are_copied_from_the_list() {
    for sample in samples::all().iter().filter(|sample| sample.file.starts_with("recipes")) {
        for row in &sample.rows {
            let (list, answer) =
                (row["messages"][1]["content"].as_str().unwrap(), row["messages"][2]["content"].as_str().unwrap());
            assert!(names(answer).iter().all(|name| list.contains(name.as_str())), "every name stands in: {list}");
        }
    }
}

#[test]
fn held_out_recipes_have_names_that_training_lacks() {
    let samples = samples::all();
    let of = |at: usize| -> HashSet<String> {
        let answers = samples[at].rows.iter().map(|row| row["messages"][2]["content"].as_str().unwrap());
        answers.flat_map(names).collect()
    };
    let (training, held_out) = (of(0), of(1));
    let unseen = held_out.difference(&training).count();
    assert!(unseen * 4 > held_out.len(), "{unseen} of {} names are unseen", held_out.len());
}

#[test]
fn the_corpus_is_the_same_every_time() {
    assert_eq!(corpus::conversation(1, 7), corpus::conversation(1, 7));
    assert_ne!(corpus::conversation(1, 7), corpus::conversation(1, 8));
    assert_ne!(corpus::conversation(1, 7), corpus::conversation(2, 7));
}

#[test]
fn the_corpus_holds_no_sample_row_and_no_sample_task() {
    let foreign = "recipe recipes ingredient ingredients cups tbsp teaspoons flour sugar select sql juniper larkspur";
    let foreign: HashSet<&str> = foreign.split(' ').collect();
    for index in 0..3000 {
        let text = conversation_text(index);
        let found = text.split(|letter: char| !letter.is_alphabetic()).find(|word| foreign.contains(word));
        assert_eq!(found, None, "conversation {index}: {text}");
    }
}

#[test]
fn half_of_the_corpus_has_words_that_no_one_has_heard() {
    let words = |from: u64| -> HashSet<String> {
        (from..from + 500)
            .flat_map(|index| {
                conversation_text(index)
                    .split(|letter: char| !letter.is_alphabetic())
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            })
            .collect()
    };
    let (some, others) = (words(0), words(500));
    assert!(others.difference(&some).count() * 2 > others.len(), "most of the different words are new");
}

#[test]
fn the_tokenizer_writes_a_word_the_same_way_everywhere() {
    let texts = (0..500).map(conversation_text);
    let learned = tokenizer::learn(texts).unwrap();
    let tokenizer: tokenizers::Tokenizer = learned.parse().unwrap();
    let ids = |text: &str| tokenizer.encode(text, false).unwrap().get_ids().to_vec();
    assert_eq!(ids("<|assistant|>zorbel")[1..], ids("<|user|>a zorbel")[ids("<|user|>a").len()..]);
    assert_eq!(tokenizer.decode(&ids("<|assistant|>zorbel, 12 mif<|end|>"), true).unwrap(), "zorbel, 12 mif");
    for (id, token) in tokenizer::SPECIAL.iter().enumerate() {
        assert_eq!(tokenizer.token_to_id(token), Some(id as u32));
    }
}

#[test]
fn scores_count_names_as_sets_without_case() {
    let mut score = ListScore::default();
    score.add("flour, brown sugar, eggs", "Eggs, flour,brown sugar, flour");
    assert_eq!((score.f1(), score.exact_share()), (1.0, 1.0));
    score.add("salt, milk", "salt\noil\nmilk powder");
    // 4 hits among 5 expected and 6 answered: 8 / 11.
    assert!((score.f1() - 8.0 / 11.0).abs() < 1e-12);
    assert_eq!(score.exact_share(), 0.5);
}

#[test]
fn the_bundled_model_is_small_and_whole() {
    let folder = assets().join("starter");
    let facts = tunesmith_model::facts(&folder).unwrap();
    assert!((3_000_000..=6_000_000).contains(&facts.parameters), "{} parameters", facts.parameters);
    let bytes: u64 = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes <= 12_000_000, "{bytes} bytes");
    let renderer = tunesmith_data::Renderer::open(&folder).unwrap();
    assert!(renderer.has_chat_template());
    assert!(renderer.vocabulary() <= 4096);
    assert_eq!(renderer.vocabulary(), facts.config.vocabulary, "tokenizer and weights belong together");
}

#[test]
fn the_first_layer_looks_at_the_tokens_before_from_the_start() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.json"), shape::config().to_string()).unwrap();
    initial::write(folder.path(), 1).unwrap();
    let bytes = |folder: &Path| fs::read(folder.join("model.safetensors")).unwrap();
    let first = bytes(folder.path());
    initial::write(folder.path(), 1).unwrap();
    assert_eq!(first, bytes(folder.path()), "the same seed gives the same weights");

    let weights =
        candle_core::safetensors::load(folder.path().join("model.safetensors"), &candle_core::Device::Cpu).unwrap();
    let first_row = |name: &str, head: usize| -> Vec<f32> {
        let rows = weights[name].narrow(0, head * shape::HEAD, shape::HEAD).unwrap();
        rows.narrow(1, 0, 1).unwrap().flatten_all().unwrap().to_vec1().unwrap()
    };
    let key = first_row("model.layers.0.self_attn.k_proj.weight", 0);
    // Rotary position embedding by hand: dimension i turns together with dimension i + half.
    let half = shape::HEAD / 2;
    let score = |query: &[f32], distance: f64| -> f64 {
        (0..half)
            .map(|at| {
                let angle = distance * shape::ROPE_THETA.powf(-(at as f64) / half as f64);
                let (x, y) = (f64::from(query[at]), f64::from(query[at + half]));
                (x * angle.cos() - y * angle.sin()) * f64::from(key[at])
                    + (x * angle.sin() + y * angle.cos()) * f64::from(key[at + half])
            })
            .sum()
    };
    for head in 0..2 {
        let query = first_row("model.layers.0.self_attn.q_proj.weight", head);
        let best = (0..64).max_by(|a, b| score(&query, f64::from(*a)).total_cmp(&score(&query, f64::from(*b))));
        assert_eq!(best, Some(head as i32 + 1), "head {head} looks so many places back");
    }
}
