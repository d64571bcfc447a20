//! What the starter model and the sample datasets promise.

#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use tunesmith_starter::{corpus, initial, make, samples, shape, tokenizer};

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets")
}

/// The last question and the answer of a row.
fn sides(row: &serde_json::Value) -> (&str, &str) {
    let messages = row["messages"].as_array().unwrap();
    let text = |at: usize| messages[at]["content"].as_str().unwrap();
    (text(messages.len() - 2), text(messages.len() - 1))
}

fn conversation_text(index: u64) -> String {
    format!("{:?}", corpus::conversation(make::SEED, index)).to_lowercase()
}

fn later_text(index: u64) -> String {
    format!("{:?}", corpus::later_conversation(make::SEED, index)).to_lowercase()
}

#[test]
fn sample_files_are_what_the_script_makes() {
    let folder = assets().join("samples");
    let made = samples::files();
    for (name, text) in &made {
        let file = fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(file, *text, "{name}: run `tunesmith-starter samples`");
    }
    let made: HashSet<&str> = made.iter().map(|(name, _)| name.as_str()).chain(["measured.json"]).collect();
    for file in fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(made.contains(name.as_str()), "{name} belongs to no sample");
    }
}

#[test]
fn what_an_answer_copies_stands_in_the_question() {
    for sample in samples::all() {
        for row in sample.rows.iter().chain(&sample.held_out) {
            let (question, answer) = sides(row);
            let copied: Vec<String> = match sample.id {
                "recipes" => answer.split(", ").map(str::to_owned).collect(),
                "tickets" => {
                    let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
                    vec![answer["product"].as_str().unwrap().to_owned()]
                }
                "contacts" => answer.split([' ', '|']).map(str::to_owned).collect(),
                _ => answer
                    .strip_prefix("Thank you for writing, ")
                    .and_then(|rest| rest.split('!').next())
                    .map(str::to_owned)
                    .into_iter()
                    .collect(),
            };
            assert!(copied.iter().all(|part| question.contains(part.as_str())), "{copied:?} stands in: {question}");
        }
    }
}

#[test]
fn held_out_rows_ask_what_no_training_row_asks_and_a_third_has_words_that_training_lacks() {
    for sample in samples::all() {
        let asked: HashSet<&str> = sample.rows.iter().map(|row| sides(row).0).collect();
        assert!(sample.held_out.iter().all(|row| !asked.contains(sides(row).0)), "{}", sample.id);
        let unseen = |rows: &[serde_json::Value]| rows.iter().filter(|row| (sample.is_unseen)(sides(row).1)).count();
        assert_eq!(unseen(&sample.rows), 0, "{}", sample.id);
        let (found, all) = (unseen(&sample.held_out), sample.held_out.len());
        assert!(found * 3 > all, "{}: {found} of {all}", sample.id);
    }
}

#[test]
fn the_corpus_is_the_same_every_time() {
    assert_eq!(corpus::conversation(1, 7), corpus::conversation(1, 7));
    assert_ne!(corpus::conversation(1, 7), corpus::conversation(1, 8));
    assert_ne!(corpus::conversation(1, 7), corpus::conversation(2, 7));
}

#[test]
fn the_corpus_holds_no_sample_row_and_no_sample_task() {
    let foreign = "recipe recipes ingredient ingredients cups tbsp teaspoons flour sugar select sql juniper larkspur \
        customer category urgency product delivery billing refund invoice warranty bicycle saddle helmet";
    let foreign: HashSet<&str> = foreign.split_whitespace().collect();
    let said: HashSet<String> = samples::all()
        .iter()
        .flat_map(|sample| sample.held_out.iter().chain(&sample.rows))
        .flat_map(|row| <[&str; 2]>::from(sides(row)).map(str::to_owned))
        .collect();
    for index in 0..3000 {
        let (early, later) =
            (corpus::conversation(make::SEED, index), corpus::later_conversation(make::SEED, 240_000 + index));
        for conversation in [early, later] {
            let text = format!("{conversation:?}").to_lowercase();
            let found = text.split(|letter: char| !letter.is_alphabetic()).find(|word| foreign.contains(word));
            assert_eq!(found, None, "conversation {index}: {text}");
            let turns = conversation.turns.iter().flat_map(|turn| [&turn.user, &turn.assistant]);
            assert_eq!(turns.clone().find(|text| said.contains(*text)), None, "conversation {index}");
        }
    }
}

#[test]
fn the_later_corpus_has_forms_letters_and_queries_and_keeps_the_earlier_tasks() {
    let texts: Vec<String> = (240_000..240_500).map(later_text).collect();
    let share = |part: &str| texts.iter().filter(|text| text.contains(part)).count() as f64 / texts.len() as f64;
    for (part, least) in [("json", 0.1), (" query", 0.05), ("thing", 0.1), ("repeat the", 0.01), ("leave out", 0.01)] {
        assert!(share(part) > least, "{part}: {}", share(part));
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
fn the_bundled_model_is_small_and_whole() {
    let folder = assets().join("starter");
    let facts = tunesmith_model::facts(&folder).unwrap();
    assert!((3_000_000..=6_000_000).contains(&facts.parameters), "{} parameters", facts.parameters);
    let bytes: u64 = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes <= 12_000_000, "{bytes} bytes");
    let renderer = tunesmith_data::Renderer::open(&folder, None).unwrap();
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
