//! The computer, the home folder and the user's preferences.

use tunesmith_sentence::Sentence;

use crate::{ItemRef, wire};

wire! {
    /// Light, dark, or as the desktop says.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum Theme {
        /// As the desktop says.
        System,
        /// Light.
        Light,
        /// Dark.
        Dark,
    }

    /// The user's preferences.
    #[serde(default)]
    pub struct Preferences {
        /// Light or dark.
        pub theme: Theme,
        /// Threads for training and chat; 0 takes all cores.
        pub threads: u32,
        /// `auto`, `cpu` or `cuda:0`.
        pub device: String,
        /// The language of the screen, e.g. `en`.
        pub language: String,
        /// Whether the queued runs go on by themselves when Tunesmith starts; otherwise they are held.
        pub resume_queue: bool,
    }

    /// A device that can train.
    pub struct Device {
        /// `cpu` or `cuda:0`.
        pub id: String,
        /// Its name.
        pub name: Sentence,
        /// Memory in all.
        pub memory_bytes: u64,
        /// Memory free now.
        pub free_bytes: u64,
    }

    /// The computer and this installation.
    pub struct SystemInfo {
        /// Tunesmith's version.
        pub version: String,
        /// The home folder.
        pub home: String,
        /// The user's own folder, which paths are shown with `~` for; null where there is none.
        #[serde(default)]
        pub user_home: Option<String>,
        /// Free space where the home folder lies.
        pub disk_free_bytes: u64,
        /// What the home folder takes.
        pub home_bytes: u64,
        /// CPU cores.
        pub cores: u32,
        /// What can train.
        pub devices: Vec<Device>,
        /// The device that `auto` takes now.
        pub device: String,
        /// Why this device is used, in a sentence.
        pub device_reason: Sentence,
    }

    /// What takes space in the home folder.
    pub struct Usage {
        /// Each part: starter model, datasets, runs, logs, bin.
        pub parts: Vec<UsagePart>,
    }

    /// One part of the space taken.
    pub struct UsagePart {
        /// What.
        pub what: Sentence,
        /// How much.
        pub bytes: u64,
    }

    /// Something that the user has to know of the home, such as damage that was found.
    pub struct Notice {
        /// Its id.
        pub id: String,
        /// What happened, in a sentence.
        pub message: Sentence,
        /// What can be done.
        pub hint: Sentence,
        /// When it was found, in milliseconds since 1970.
        pub told_ms: u64,
        /// What is in no list because of it, and can be deleted here; null when it is about nothing of the kind.
        #[serde(default)]
        pub about: Option<Unlisted>,
    }

    /// Something the user owns that cannot be read, and so is in no list.
    pub struct Unlisted {
        /// What it is.
        pub item: ItemRef,
        /// Its name, or its id where that is lost.
        pub name: String,
        /// Where its files lie; null when they are gone, or when it has none.
        pub folder: Option<String>,
        /// Whether it can be brought back once it is deleted.
        pub restorable: bool,
    }

    /// The end of the log.
    pub struct LogText {
        /// Where the log lies.
        pub path: String,
        /// Its last lines.
        pub text: String,
    }

    /// The descriptions a settings form is built from.
    pub struct TrainForm {
        /// Every setting.
        pub fields: Vec<crate::Field>,
        /// The presets for the model asked about.
        pub presets: Vec<crate::Preset>,
    }
}

impl Default for Preferences {
    fn default() -> Self {
        Self { theme: Theme::System, threads: 0, device: "auto".into(), language: "en".into(), resume_queue: false }
    }
}
