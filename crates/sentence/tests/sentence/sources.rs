//! Finds every `say!` in the sources of the workspace.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Literal, TokenStream, TokenTree};

/// The English of a key: one text, or one for a count of one and one for every other.
#[derive(Debug, Clone, PartialEq)]
pub struct English {
    /// The argument that decides, and the text for one.
    pub one: Option<(String, String)>,
    /// The text, or the one for every other count.
    pub other: String,
    /// The names of the arguments, sorted.
    pub arguments: Vec<String>,
    /// The file that says it, for a message of a test.
    pub file: PathBuf,
}

/// Every message that the sources can make, by key.
pub fn messages() -> BTreeMap<String, English> {
    let mut found = BTreeMap::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let crates = std::fs::read_dir(root.join("crates")).unwrap().map(|entry| entry.unwrap().path());
    for folder in
        crates.chain([root.join("src-tauri")]).map(|folder| folder.join("src")).filter(|folder| folder.is_dir())
    {
        sources(&folder, &mut found);
    }
    for field in tunesmith_protocol::TrainSettings::fields() {
        for message in [field.label, field.help] {
            let english = English { one: None, other: message.text, arguments: Vec::new(), file: "settings".into() };
            add(&mut found, message.key.into_owned(), english);
        }
    }
    found
}

fn sources(folder: &Path, found: &mut BTreeMap<String, English>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            sources(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            let tokens = std::fs::read_to_string(&entry).unwrap().parse().unwrap();
            look(tokens, &entry, found);
        }
    }
}

/// Looks for `say ! (…)`, also within the arguments of another macro.
fn look(tokens: TokenStream, file: &Path, found: &mut BTreeMap<String, English>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (place, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let is_say = group.delimiter() == Delimiter::Parenthesis
            && place >= 2
            && matches!(&tokens[place - 1], TokenTree::Punct(mark) if mark.as_char() == '!')
            && matches!(&tokens[place - 2], TokenTree::Ident(name) if name == "say");
        // The macro's own rules begin with a mark, its calls with a key.
        let is_rule = matches!(group.stream().into_iter().next(), Some(TokenTree::Punct(_)));
        if is_say && !is_rule {
            let (key, english) = read(group.stream(), file).unwrap_or_else(|| panic!("{}: {group}", file.display()));
            add(found, key, english);
        }
        look(group.stream(), file, found);
    }
}

fn read(tokens: TokenStream, file: &Path) -> Option<(String, English)> {
    let mut arguments: Vec<Vec<TokenTree>> = vec![Vec::new()];
    for token in tokens {
        match &token {
            TokenTree::Punct(mark) if matches!(mark.as_char(), ',' | ';') => arguments.push(Vec::new()),
            _ => arguments.last_mut()?.push(token),
        }
    }
    arguments.retain(|argument| !argument.is_empty());
    let name = |argument: &Vec<TokenTree>| match argument.first()? {
        TokenTree::Ident(name) => Some(name.to_string()),
        _ => None,
    };
    let text = |argument: &Vec<TokenTree>| match argument.first()? {
        TokenTree::Literal(literal) => unquoted(literal),
        _ => None,
    };
    let key = text(arguments.first()?)?;
    let (one, texts) = match name(arguments.get(1)?) {
        Some(count) => (Some((count, text(arguments.get(2)?)?)), 3),
        None => (None, 1),
    };
    let other = text(arguments.get(texts)?)?;
    let mut names: Vec<String> = arguments[texts + 1..].iter().filter_map(name).collect();
    names.sort();
    Some((key, English { one, other, arguments: names, file: file.into() }))
}

/// What a literal of a text says. Line breaks after a backslash are left out, as the compiler does.
fn unquoted(literal: &Literal) -> Option<String> {
    let text = literal.to_string();
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut unquoted = String::new();
    let mut letters = inner.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next()? {
                'n' => unquoted.push('\n'),
                '\n' => while letters.next_if(|next| next.is_whitespace()).is_some() {},
                other => unquoted.push(other),
            },
            other => unquoted.push(other),
        }
    }
    Some(unquoted)
}

fn add(found: &mut BTreeMap<String, English>, key: String, english: English) {
    if let Some(other) = found.get(&key) {
        let same = (&other.one, &other.other, &other.arguments) == (&english.one, &english.other, &english.arguments);
        assert!(same, "{key} has two texts: in {} and in {}", other.file.display(), english.file.display());
    }
    found.insert(key, english);
}
