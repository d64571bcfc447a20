//! Dataset files and model folders made on the spot.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, TokenizerBuilder};
use tunesmith_data::{Example, ImportError, ImportOptions, Imported, Message, Renderer, import};
use tunesmith_protocol::Format;

pub fn file(name: &str, bytes: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    (folder, path)
}

pub fn read_with(name: &str, bytes: impl AsRef<[u8]>, options: &ImportOptions) -> Result<Imported, ImportError> {
    let (_folder, path) = file(name, bytes);
    let imported = import(&[path], options, &mut |_, _| ControlFlow::Continue(()))?;
    assert_counts(&imported);
    Ok(imported)
}

pub fn read_as(name: &str, bytes: impl AsRef<[u8]>, format: Format) -> Result<Imported, ImportError> {
    read_with(name, bytes, &ImportOptions::of(format))
}

pub fn read(name: &str, bytes: impl AsRef<[u8]>) -> Imported {
    read_as(name, bytes, Format::Auto).expect("an import")
}

/// N read = M kept + K dropped, and every dropped row is explained.
pub fn assert_counts(imported: &Imported) {
    let dropped = imported.problems.iter().filter(|problem| problem.dropped).count() as u64;
    assert_eq!(imported.summary.rows_read, imported.rows.len() as u64 + dropped, "{:?}", imported.problems);
    assert_eq!(imported.summary.rows_dropped(), dropped);
    assert_eq!(imported.summary.dropped_because.iter().map(|because| because.count).sum::<u64>(), dropped);
    for problem in &imported.problems {
        assert!(problem.line > 0 && !problem.file.is_empty() && !problem.kind.is_empty(), "{problem:?}");
        assert!(problem.message.contains(' ') && !problem.message.key.is_empty(), "a sentence: {problem:?}");
    }
}

pub fn examples(imported: &Imported) -> Vec<Example> {
    imported.rows.iter().map(|row| row.example.clone()).collect()
}

/// The kinds of the dropped rows, in order.
pub fn dropped(imported: &Imported) -> Vec<(u64, &str)> {
    imported.problems.iter().filter(|problem| problem.dropped).map(|problem| (problem.line, &*problem.kind)).collect()
}

pub fn chat(turns: &[(&str, &str)]) -> Example {
    Example::chat(say(turns))
}

pub fn say(turns: &[(&str, &str)]) -> Vec<Message> {
    turns.iter().map(|(role, content)| Message::new(*role, *content)).collect()
}

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

pub fn template(name: &str) -> String {
    std::fs::read_to_string(fixtures().join("templates").join(format!("{name}.jinja"))).expect("a template")
}

/// The tokens that the templates of the fixtures write.
pub const SPECIAL: [&str; 14] = [
    "<s>",
    "</s>",
    "<|im_start|>",
    "<|im_end|>",
    "<|begin_of_text|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<bos>",
    "<eos>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<|User|>",
    "<|Assistant|>",
];

/// A byte-level tokenizer: every byte a token, and as many merges as fit into `vocabulary`.
pub fn tokenizer(vocabulary: usize) -> Value {
    tokenizer_with(vocabulary, &[])
}

/// The same with further special tokens.
pub fn tokenizer_with(vocabulary: usize, special: &[String]) -> Value {
    let mut trainer: TrainerWrapper = BpeTrainerBuilder::new()
        .show_progress(false)
        .vocab_size(vocabulary)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .build()
        .into();
    let mut tokenizer = TokenizerBuilder::default()
        .with_model(BPE::default())
        .with_normalizer(None::<tokenizers::NormalizerWrapper>)
        .with_pre_tokenizer(Some(ByteLevel::new(false, true, true)))
        .with_post_processor(Some(ByteLevel::new(false, true, true)))
        .with_decoder(Some(ByteLevel::default()))
        .build()
        .map(tokenizers::Tokenizer::from)
        .expect("a tokenizer");
    let corpus =
        "user assistant system the leek is a vegetable. Hello!\n\nSo it is, and so it was:\n- a\n- b\n  x  y\n";
    tokenizer.train(&mut trainer, std::iter::repeat_n(corpus, 9)).expect("training");
    tokenizer.add_special_tokens(SPECIAL.map(|token| AddedToken::from(token, true))).expect("special tokens");
    tokenizer.add_special_tokens(special.iter().map(|token| AddedToken::from(token, true))).expect("special tokens");
    serde_json::from_str(&tokenizer.to_string(false).expect("JSON")).expect("JSON")
}

/// A model folder.
pub struct Folder(pub TempDir);

impl Folder {
    pub fn new(tokenizer: &Value) -> Self {
        let folder = Self(tempfile::tempdir().expect("a temporary folder"));
        folder.with("tokenizer.json", &tokenizer.to_string())
    }

    pub fn with(self, name: &str, text: &str) -> Self {
        std::fs::write(self.0.path().join(name), text).expect("a file");
        self
    }

    pub fn open(&self) -> Renderer {
        Renderer::open(self.0.path(), None).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// A folder with one of the fixture templates and its special tokens.
pub fn folder(template_name: &str, vocabulary: usize) -> Folder {
    let tokens = match template_name {
        "chatml" | "thinking" | "toolbox" | "borrowed" => json!({"eos_token": "<|im_end|>"}),
        "llama3" | "dated" | "signatures" => {
            json!({"bos_token": "<|begin_of_text|>", "eos_token": {"content": "<|eot_id|>"}})
        }
        "gemma" | "merging" => json!({"bos_token": "<bos>", "eos_token": "<eos>"}),
        _ => json!({"bos_token": "<s>", "eos_token": "</s>"}),
    };
    Folder::new(&tokenizer(vocabulary))
        .with("tokenizer_config.json", &tokens.to_string())
        .with("chat_template.jinja", &template(template_name))
}

/// The processor time that this process has taken, whatever else the computer does; nothing where the system does not say.
/// Each test runs in a process of its own.
pub fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    // utime and stime, the 14th and 15th field, in hundredths of a second.
    Duration::from_millis(10 * fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>())
}
