//! What the user owns: names, tags and the base models. Datasets have files of their own.

use tunesmith_sentence::Sentence;

use crate::{ReadPath, wire};

wire! {
    /// A kind of thing the user owns and can rename, tag and delete.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum ItemKind {
        /// A base model.
        Model,
        /// A dataset.
        Dataset,
        /// A run and its adapter.
        Run,
        /// A chat and what was said in it; it has no tags.
        Chat,
    }

    /// One thing the user owns.
    pub struct ItemRef {
        /// What it is.
        pub kind: ItemKind,
        /// Its id.
        pub id: String,
    }

    /// A deleted thing that can be brought back.
    pub struct BinnedItem {
        /// The thing.
        pub item: ItemRef,
        /// Its name; empty for a chat that has none.
        pub name: String,
        /// When it was deleted, in milliseconds since 1970.
        pub deleted_ms: u64,
        /// What it takes on the disk. A model that lies elsewhere takes nothing.
        pub bytes: u64,
    }

    /// A new name for a thing.
    pub struct Rename {
        /// The thing.
        pub item: ItemRef,
        /// Its new name.
        pub name: String,
    }

    /// New tags for a thing; they replace the old ones.
    pub struct SetTags {
        /// The thing.
        pub item: ItemRef,
        /// All its tags.
        pub tags: Vec<String>,
    }

    /// Where a base model comes from.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum ModelSource {
        /// Bundled with Tunesmith.
        Starter,
        /// A Hugging Face folder the user chose; it stays where it is.
        Folder,
        /// Found in this computer's Hugging Face cache; it stays where it is.
        Cache,
        /// Trained here with method full or scratch.
        Trained,
    }

    /// A base model.
    pub struct Model {
        /// Its id; `starter` for the bundled one.
        pub id: String,
        /// Its name on screen.
        pub name: String,
        /// Where it comes from.
        pub source: ModelSource,
        /// Its folder.
        pub path: String,
        /// Its family, e.g. `llama`.
        pub family: String,
        /// Number of weights.
        pub parameters: u64,
        /// Its files on disk.
        pub size_bytes: u64,
        /// The longest context it was made for, in tokens.
        pub context_length: u32,
        /// Whether it brings a chat template.
        pub has_chat_template: bool,
        /// The user's tags.
        pub tags: Vec<String>,
        /// When it was added, in milliseconds since 1970.
        pub added_ms: u64,
        /// Why it cannot be used now (its folder is gone, say); null when it can.
        pub problem: Option<Sentence>,
        /// Where its config and its weights disagree, and what is done about it.
        pub remarks: Vec<Sentence>,
        /// What the chat template is called that was chosen for it; null where it brings its own, or none was chosen.
        #[serde(default)]
        pub chosen_template: Option<Sentence>,
    }

    /// Add a model folder.
    pub struct AddModel {
        /// A Hugging Face folder.
        pub path: ReadPath,
    }

    /// How often something occurred.
    pub struct Count {
        /// What.
        pub what: String,
        /// How often.
        pub count: u64,
    }

    /// A bundled sample dataset.
    pub struct Sample {
        /// Its id.
        pub id: String,
        /// Its name on screen.
        pub title: String,
        /// What the model learns from it, in a sentence.
        pub summary: String,
        /// Number of rows.
        pub rows: u32,
        /// The id of the base model that its preset is made for.
        pub model: String,
        /// The settings that suit it and this model.
        pub preset: crate::Preset,
    }
}
