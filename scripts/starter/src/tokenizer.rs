//! The starter model's tokenizer: byte-level BPE learned from the corpus. Digits stand alone, and the first word of a
//! message is written like any other word, with a space before it, so that a copied word is always the same tokens.

use anyhow::{Result, anyhow};
use serde_json::{Value, json};
use tokenizers::decoders::DecoderWrapper;
use tokenizers::decoders::sequence::Sequence as Decoders;
use tokenizers::decoders::strip::Strip;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::processors::PostProcessorWrapper;
use tokenizers::{AddedToken, TokenizerBuilder, TokenizerImpl};

/// How many tokens there are.
pub const VOCABULARY: usize = 1536;
/// Special tokens; their ids are their places here.
pub const SPECIAL: [&str; 5] = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"];
/// One token opens a message and says who speaks, one closes it.
const TEMPLATE: &str = "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}\
    {% if add_generation_prompt %}<|assistant|>{% endif %}";

type Tokenizer = TokenizerImpl<BPE, NormalizerWrapper, PreTokenizerWrapper, PostProcessorWrapper, DecoderWrapper>;

/// Learns the tokens from texts and returns `tokenizer.json`.
pub fn learn(texts: impl Iterator<Item = String> + Send) -> Result<String> {
    let byte_level = || ByteLevel::new(true, true, true);
    let before = Sequence::new(vec![byte_level().into(), Digits::new(true).into()]);
    let after = Decoders::new(vec![byte_level().into(), Strip::new(' ', 1, 0).into()]);
    let mut tokenizer: Tokenizer = TokenizerBuilder::new()
        .with_model(BPE::default())
        .with_normalizer(None)
        .with_pre_tokenizer(Some(before.into()))
        .with_post_processor(None)
        .with_decoder(Some(after.into()))
        .build()
        .map_err(|error| anyhow!(error))?;
    let mut trainer = BpeTrainer::builder()
        .vocab_size(VOCABULARY)
        .show_progress(false)
        .special_tokens(SPECIAL.iter().map(|token| AddedToken::from(*token, true)).collect())
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .build();
    tokenizer.train(&mut trainer, texts).map_err(|error| anyhow!(error))?;
    tokenizer.to_string(false).map_err(|error| anyhow!(error))
}

/// `tokenizer_config.json`, with the chat template.
pub fn config(context_length: usize) -> Value {
    json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": "<|end|>",
        "pad_token": "<|pad|>",
        "model_max_length": context_length,
        "clean_up_tokenization_spaces": false,
        "chat_template": TEMPLATE,
    })
}
