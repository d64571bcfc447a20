//! PEFT's `trainable_token_indices`: the tokens whose vectors were trained, as a list for the embedding or by table.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tunesmith_sentence::{Sentence, say};

use crate::LoraConfig;

/// The table that a mere list is for.
const EMBEDDING: &str = "embed_tokens";

/// Token ids by the end of the name of their table.
pub(super) struct TokenIds(BTreeMap<String, Vec<u32>>);

impl TokenIds {
    pub(super) fn read(value: &Value) -> Result<Self, Sentence> {
        let tables = match value {
            Value::Null => Some(BTreeMap::new()),
            Value::Array(list) if list.is_empty() => Some(BTreeMap::new()),
            Value::Array(_) => ids(value).map(|ids| [(EMBEDDING.to_string(), ids)].into()),
            Value::Object(tables) => {
                tables.iter().map(|(name, list)| Some((name.clone(), ids(list)?))).collect::<Option<_>>()
            }
            _ => None,
        };
        let wrong = || say!("adapter-tokens-wrong", "trainable_token_indices does not list tokens, each once");
        tables.map(Self).ok_or_else(wrong)
    }

    /// The ids of tables that have so many vectors.
    pub(super) fn of_tables(&self, tables: &BTreeMap<String, usize>) -> Result<BTreeMap<String, Vec<u32>>, Sentence> {
        let is_named = |table: &str, name: &str| {
            table.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        // Of a head that is the embedding PEFT saves no vectors: it has the embedding's.
        if let (true, Some(name)) = (tables.is_empty(), self.0.keys().next()) {
            return Err(say!("adapter-tokens-missing", "has no vectors for the tokens of {table}", table = name));
        }
        let ids = |(table, count): (&String, &usize)| {
            let ids = self.0.iter().find(|(name, _)| is_named(table, name)).map(|(_, ids)| ids.clone());
            match ids.filter(|ids| ids.len() == *count) {
                Some(ids) => Ok((table.clone(), ids)),
                None => Err(say!(
                    "adapter-tokens-unfit",
                    "has {count} vectors of single tokens for {table}, but trainable_token_indices of adapter_config.json \
                     names another number",
                    count,
                    table
                )),
            }
        };
        tables.iter().map(ids).collect()
    }
}

/// `trainable_token_indices` as PEFT writes it.
pub(super) fn written(lora: &LoraConfig) -> Value {
    let last_part = |table: &String| table.rsplit('.').next().unwrap_or(table).to_string();
    let tables: Vec<_> = lora.token_ids.iter().map(|(table, ids)| (last_part(table), ids)).collect();
    match tables.as_slice() {
        [] => Value::Null,
        [(table, ids)] if table == EMBEDDING => json!(ids),
        _ => tables.into_iter().map(|(table, ids)| (table, json!(ids))).collect::<serde_json::Map<_, _>>().into(),
    }
}

/// A list of tokens, each once.
fn ids(value: &Value) -> Option<Vec<u32>> {
    let ids: Vec<u32> = value.as_array()?.iter().map(|id| u32::try_from(id.as_u64()?).ok()).collect::<Option<_>>()?;
    (ids.iter().collect::<BTreeSet<_>>().len() == ids.len()).then_some(ids)
}
