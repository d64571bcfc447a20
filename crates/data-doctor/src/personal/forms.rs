//! The kinds of personal data and secrets, each with a pattern and a test that tells real ones from examples and chance
//! matches.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Match, Regex};
use tunesmith_sentence::{Sentence, say};

use super::numbers::{is_card, is_iban, is_phone};

/// A kind of personal data or secret.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// Keys of services, tokens, private keys, passwords in addresses.
    Secret,
    /// E-mail addresses.
    Email,
    /// Bank accounts. Before cards and phones, whose digits they hold.
    Iban,
    /// Card numbers. Before phones.
    Card,
    /// Phone numbers.
    Phone,
}

impl Form {
    pub(super) const ALL: [Self; 5] = [Self::Secret, Self::Email, Self::Iban, Self::Card, Self::Phone];

    /// All but secrets.
    pub(super) const PERSONAL: [Self; 4] = [Self::Email, Self::Iban, Self::Card, Self::Phone];

    /// In how many rows it was found, as part of a list.
    pub(super) fn found_in(self, rows: usize) -> Sentence {
        match self {
            Self::Secret => say!("doctor-keys-in", "keys in {rows}", rows),
            Self::Email => say!("doctor-emails-in", "e-mail addresses in {rows}", rows),
            Self::Iban => say!("doctor-accounts-in", "bank accounts in {rows}", rows),
            Self::Card => say!("doctor-cards-in", "card numbers in {rows}", rows),
            Self::Phone => say!("doctor-phones-in", "phone numbers in {rows}", rows),
        }
    }

    fn placeholder(self) -> &'static str {
        match self {
            Self::Secret => "<SECRET>",
            Self::Email => "<EMAIL>",
            Self::Iban => "<IBAN>",
            Self::Card => "<CARD>",
            Self::Phone => "<PHONE>",
        }
    }

    /// Whether a text holds one.
    pub(super) fn is_in(self, text: &str) -> bool {
        self.places(text).next().is_some()
    }

    /// The text with the placeholder in place of each match.
    pub(super) fn mask(self, text: &str) -> Option<String> {
        let (mut masked, mut end) = (String::new(), 0);
        for place in self.places(text) {
            masked += &text[end..place.start];
            masked += self.placeholder();
            end = place.end;
        }
        (end > 0).then(|| masked + &text[end..])
    }

    fn places(self, text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
        let may = self.may_be_in(text);
        let found = may.then(|| self.pattern().captures_iter(text)).into_iter().flatten();
        found
            .filter(move |found| self.is_real(text, found))
            .filter_map(|found| hidden(&found).map(|place| place.range()))
    }

    /// A cheap test that rules out most texts.
    fn may_be_in(self, text: &str) -> bool {
        let digits = |least: usize| text.bytes().filter(u8::is_ascii_digit).nth(least - 1).is_some();
        match self {
            Self::Secret => true,
            Self::Email => text.contains('@'),
            Self::Iban | Self::Card => digits(12),
            Self::Phone => digits(7),
        }
    }

    fn pattern(self) -> &'static Regex {
        static PATTERNS: LazyLock<[Regex; 5]> = LazyLock::new(|| [SECRET, EMAIL, IBAN, CARD, PHONE].map(pattern));
        &PATTERNS[self as usize]
    }

    fn is_real(self, text: &str, found: &Captures) -> bool {
        let Some(whole) = found.get(0) else { return false };
        let it = whole.as_str();
        match self {
            Self::Secret => is_secret(found, it),
            Self::Email => is_email(it, &text[..whole.start()], &text[whole.end()..]),
            Self::Iban => is_iban(it),
            Self::Card => is_card(it, &text[..whole.start()]),
            Self::Phone => hidden(found).is_some_and(|number| is_phone(number.as_str(), found.name("named").is_some())),
        }
    }
}

/// The part of a match that is hidden: the one that has a name for it, else all.
fn hidden<'a>(found: &Captures<'a>) -> Option<Match<'a>> {
    ["it", "national", "after_name", "secret"].iter().find_map(|name| found.name(name)).or_else(|| found.get(0))
}

const SECRET: &str = r#"(?x)
    \b(?:sk-[A-Za-z0-9_-]{20,} | gh[pousr]_[A-Za-z0-9]{36,} | github_pat_[A-Za-z0-9_]{22,} | glpat-[A-Za-z0-9_-]{20,}
        | (?:AKIA|ASIA)[A-Z0-9]{16}\b | AIza[A-Za-z0-9_-]{35} | xox[abeoprs]-[A-Za-z0-9-]{10,} | hf_[A-Za-z0-9]{34,}
        | [sr]k_live_[A-Za-z0-9]{20,} | npm_[A-Za-z0-9]{36}
        | hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{16,}
        | eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})
    | -----BEGIN\ (?:[A-Z]+\ )*PRIVATE\ KEY-----(?:\s+[A-Za-z0-9+/=]{16,})+(?:\s+[A-Za-z0-9+/=]+)?(?:\s*-----END\ (?:[A-Z]+\ )*PRIVATE\ KEY-----)?
    | \b[a-z][a-z0-9+.-]*://[^\s/:@]+:(?P<it>[^\s/@]{3,})@[A-Za-z0-9]
    | (?i:(?:\b|_)(?:api[_-]?key|secret|(?:secret|access|private)[_-]?(?:access[_-]?)?key|token|password|passwd|pwd)
        ["']?\ ?[:=]\ ?["']?)(?P<secret>[A-Za-z0-9+/=_!@\#%^&*~-]{8,})(?:$|[\s"',;)}\]])"#;
const EMAIL: &str = r"\b[\p{L}0-9][\p{L}0-9._%+-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}\b";
const IBAN: &str = r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b";
const CARD: &str = r"\b[2-6](?:[0-9]{12,18}|[0-9]{3}(?:[ -][0-9]{4}){3}|[0-9]{3}[ -][0-9]{6}[ -][0-9]{4,5})\b";
const PHONE: &str = r"(?x)
    (?:^|[\s(\[,;:])(?P<it>\+[0-9][0-9\ ()./-]{6,}[0-9])\b
    | (?:^|[\s\[,;:])(?P<national>\(?[2-9][0-9]{2}(?:\)\ ?|[-.])[2-9][0-9]{2}[-.][0-9]{4}
        | 0[1-9](?:[\ .][0-9]{2}){4} | 020\ [0-9]{4}\ [0-9]{4} | 07[0-9]{3}\ [0-9]{6}
        | 01[5-7][0-9]{1,2}[\ /-][0-9]{3,4}\ ?[0-9]{3,5})\b
    | (?i:\b(?P<named>tel|phone|telephone|telefon|telefone|teléfono|téléphone|mobile|mobil|handy|fax|whatsapp|sms)
        \b(?-i:[^\n0-9+]{0,12}))(?P<after_name>\(?[0-9][0-9\ ()/.-]{5,}[0-9])\b";

fn pattern(text: &str) -> Regex {
    #[expect(clippy::expect_used, reason = "the patterns are constants, and every test of this file reads all of them")]
    Regex::new(text).expect("a pattern")
}

/// Words that stand for a password in examples.
const NO_PASSWORD: [&str; 9] = ["password", "pass", "passwd", "pwd", "secret", "token", "xxx", "your", "example"];

fn is_secret(found: &Captures, whole: &str) -> bool {
    if let Some(password) = found.name("it") {
        let password = password.as_str().to_lowercase();
        return !password.starts_with(['<', '$', '{', '[', '*', '%'])
            && !NO_PASSWORD.iter().any(|word| password.starts_with(word));
    }
    if whole.starts_with("-----") {
        return true;
    }
    if let Some(secret) = found.name("secret") {
        return is_random(secret.as_str());
    }
    // Chance gives a key digits and letters; a name in kebab case and a row of x do not have both.
    let has = |class: fn(&u8) -> bool| whole.bytes().skip(4).any(|byte| class(&byte));
    let letters = if whole.starts_with("sk-") {
        has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)
    } else {
        has(u8::is_ascii_alphabetic)
    };
    has(u8::is_ascii_digit) && letters && !whole.contains("EXAMPLE")
}

/// Whether what follows “password =” is a real password and not a word, a name or a placeholder.
fn is_random(secret: &str) -> bool {
    let has = |class: fn(&char) -> bool| secret.chars().any(|character| class(&character));
    let lower = secret.to_lowercase();
    has(char::is_ascii_digit)
        && has(char::is_ascii_lowercase)
        && (has(char::is_ascii_uppercase) || secret.len() >= 20)
        && !secret.contains("EXAMPLE")
        && !NO_PASSWORD.iter().any(|word| lower.starts_with(word))
}

/// Domains of examples, and endings of files and of programs.
const NO_DOMAIN: [&str; 8] = [
    "example.com",
    "example.org",
    "example.net",
    "domain.com",
    "yourdomain.com",
    "email.com",
    "yourcompany.com",
    "test.com",
];
const NO_ENDING: [&str; 16] = [
    "png",
    "jpg",
    "jpeg",
    "gif",
    "svg",
    "webp",
    "css",
    "js",
    "py",
    "weight",
    "bias",
    "local",
    "example",
    "test",
    "invalid",
    "localhost",
];

/// How far before an address is looked for the beginning of an address of the web, in bytes: of a row with many addresses, not
/// each time through all of it.
const LONGEST_LOGIN: usize = 200;

fn is_email(address: &str, before: &str, after: &str) -> bool {
    let Some((name, domain)) = address.rsplit_once('@') else { return false };
    let domain = domain.to_lowercase();
    let ending = domain.rsplit('.').next().unwrap_or_default();
    // The name of `ftp://$name@host` is no mailbox.
    let host_follows = before[before.floor_char_boundary(before.len().saturating_sub(LONGEST_LOGIN))..]
        .rsplit_once("://")
        .is_some_and(|(_, rest)| !rest.contains(|c: char| c.is_whitespace() || "/?#".contains(c)));
    // `git@github.com:tunes/smith` is a place, and `x@w.to(device)` a product of matrices.
    !NO_DOMAIN.iter().any(|known| domain == *known || domain.ends_with(&format!(".{known}")))
        && !NO_ENDING.contains(&ending)
        && !host_follows
        && name != "git"
        && !after.starts_with(['(', '[', '@'])
}
