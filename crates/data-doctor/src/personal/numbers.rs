//! Recognises card numbers and bank accounts by their checksums, and phone numbers by their form.

/// Whether digits are a card number: a known kind, right by Luhn's checksum (ISO/IEC 7812), and written in groups or
/// named before. One in ten numbers of an order is right by chance.
pub(super) fn is_card(text: &str, before: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|character| character.to_digit(10)).collect();
    let starts = |from: usize| digits.iter().take(from).fold(0, |number, digit| number * 10 + digit);
    let known = match digits.len() {
        13 | 19 => starts(1) == 4,
        14 => matches!(starts(3), 300..=305) || matches!(starts(2), 36 | 38),
        15 => matches!(starts(2), 34 | 37),
        16 => {
            starts(1) == 4 || matches!(starts(2), 51..=55 | 65) || matches!(starts(4), 2221..=2720 | 6011 | 3528..=3589)
        }
        _ => false,
    };
    known && is_luhn(&digits) && (text.contains([' ', '-']) || is_named(before))
}

fn is_luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != digits[0])
}

fn is_named(before: &str) -> bool {
    let start = before.char_indices().rev().nth(39).map_or(0, |(at, _)| at);
    let before = before[start..].to_lowercase();
    ["card", "visa", "amex", "american express", "karte", "carte", "tarjeta", "carta", "cartão"]
        .iter()
        .any(|word| before.contains(word))
}

/// How long the bank accounts of a country are, in characters.
const IBAN_LENGTHS: [(&str, usize); 36] = [
    ("AD", 24),
    ("AE", 23),
    ("AT", 20),
    ("BE", 16),
    ("BG", 22),
    ("CH", 21),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("EE", 20),
    ("ES", 24),
    ("FI", 18),
    ("FR", 27),
    ("GB", 22),
    ("GR", 27),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IS", 26),
    ("IT", 27),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MT", 31),
    ("NL", 18),
    ("NO", 15),
    ("PL", 28),
    ("PT", 25),
    ("RO", 24),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
];

/// Whether a text is a bank account: the country's length, and 1 modulo 97 (ISO 13616).
pub(super) fn is_iban(text: &str) -> bool {
    let characters: Vec<char> = text.chars().filter(|character| *character != ' ').collect();
    let known = IBAN_LENGTHS.iter().any(|(country, length)| text.starts_with(country) && *length == characters.len());
    let value = |rest: u64, character: &char| match character.to_digit(36) {
        Some(value) => (rest * if value < 10 { 10 } else { 100 } + u64::from(value)) % 97,
        None => rest,
    };
    known && characters[4..].iter().chain(&characters[..4]).fold(0, value) == 1
}

/// Whether digits are a phone number: named as one, or in an international, American, French, British or
/// German form that is in use.
pub(super) fn is_phone(text: &str, named: bool) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|character| character.to_digit(10)).collect();
    let varied = digits.iter().any(|digit| *digit != digits[0]);
    let rising = digits.windows(2).all(|pair| pair[1] == (pair[0] + 1) % 10);
    if !varied || rising {
        return false;
    }
    if text.starts_with('+') {
        // Without a gap it might be a sum, such as +1000000000.
        let grouped = text.contains([' ', '-', '/', '(', '.']);
        return (9..=15).contains(&digits.len()) && digits[0] != 0 && (grouped || digits.len() >= 11);
    }
    if named {
        return (7..=15).contains(&digits.len());
    }
    // German mobile numbers have up to twelve digits. 555-0100 to 555-0199 are kept for stories.
    let most = if text.starts_with("01") { 12 } else { 11 };
    (10..=most).contains(&digits.len()) && !(digits[3..7] == [5, 5, 5, 0] && digits[7] == 1)
}
