//! Personal data and secrets: found, masked, and never shown. All are made up.

use serde_json::json;
use tunesmith_data::{Example, Message};
use tunesmith_data_doctor::{FindingKind, RepairKind, Severity, repair};

use crate::support::{examine, finding, healthy, pair, rows};
use crate::texts::mended;

fn mask(text: &str) -> Option<String> {
    let secrets = mended(RepairKind::MaskSecrets, text);
    mended(RepairKind::MaskPersonalData, secrets.as_deref().unwrap_or(text)).or(secrets)
}

fn check(faults: &[(String, &str)], whole: &[&str]) {
    for (text, expected) in faults {
        assert_eq!(mask(text).as_deref(), Some(*expected), "{text}");
        assert_eq!(mask(expected), None, "{expected} is masked again");
    }
    for text in whole {
        assert_eq!(mask(text), None, "{text}");
    }
}

/// Letters and digits as a key has them. Keys are put together here, so that none stands in this file.
fn random(count: usize) -> String {
    "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA".chars().cycle().take(count).collect()
}

#[test]
fn secrets_are_masked_and_what_only_looks_like_one_is_not() {
    let key = |start: &str, count| format!("key {start}{} end", random(count));
    let block = format!(
        "-----BEGIN RSA {0} KEY-----\n{1}\n{1}\n{2}==\n-----END RSA {0} KEY-----",
        "PRIVATE",
        random(64),
        random(10)
    );
    let faults = [
        (key("sk-", 48), "key <SECRET> end"),
        (key("sk-proj-", 48), "key <SECRET> end"),
        (key("ghp_", 36), "key <SECRET> end"),
        (format!("key AKIA{} end", random(16).to_uppercase()), "key <SECRET> end"),
        (key("AIza", 35), "key <SECRET> end"),
        (key("xoxb-", 30), "key <SECRET> end"),
        (key("hf_", 34), "key <SECRET> end"),
        (format!("key eyJ{0}.eyJ{0}.{0} end", random(20)), "key <SECRET> end"),
        (format!("key {block} end"), "key <SECRET> end"),
        ("postgres://ada:s3cr3tZ9@db.tunes.org/x".into(), "postgres://ada:<SECRET>@db.tunes.org/x"),
        (format!("aws_secret_access_key = {}", random(40)), "aws_secret_access_key = <SECRET>"),
        ("Password: hunter2Xy!9".into(), "Password: <SECRET>"),
        (format!("{{\"api_key\": \"{}\"}}", random(32).to_lowercase()), "{\"api_key\": \"<SECRET>\"}"),
        (format!("https://hooks.slack.com/services/T0AB/B1CD/{}", random(24)), "https://<SECRET>"),
    ];
    let whole = [
        "sk-learn-is-a-library-with-many-estimators",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "AKIAIOSFODNN7EXAMPLE",
        "postgres://user:password@localhost/x and https://u:<password>@h.org and ftp://a:$PASS@h.org",
        "https://tunes.org:8080/a@b",
        "token = next_token_2(lexer); password = Password1(form); secret=your-Secret-123",
        "let password = passwords[17]; key: value2 and token: 12345678",
        "-----BEGIN PRIVATE KEY----- is how such a file begins, as you know",
        "-----BEGIN PUBLIC KEY-----",
        "ghp_short AIza xoxb- eyJhbGciOi",
        "task-aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA",
    ];
    check(&faults, &whole);
}

#[test]
fn addresses_are_masked_and_decorators_products_and_examples_are_not() {
    let faults = [
        ("Write to ada.lovelace+x@mail.tunes.org.".into(), "Write to <EMAIL>."),
        ("<ada@tunes.co.uk>".into(), "<<EMAIL>>"),
        ("müller@firma.de".into(), "<EMAIL>"),
        ("a@b.io,c@d.de".into(), "<EMAIL>,<EMAIL>"),
    ];
    let whole = [
        "user@example.com or you@sub.example.org",
        "git@github.com:tunes/smith.git",
        "logo@2x.png",
        "y = x@w.weight + v@w.to(device)",
        "@app.route and @tunes on the net",
        "ada @ home.org",
        "root@localhost",
    ];
    check(&faults, &whole);
}

#[test]
fn phones_are_masked_and_other_numbers_are_not() {
    let faults = [
        ("Call +49 170 1234568 now".into(), "Call <PHONE> now"),
        ("Call +1 (212) 736-5000 now".into(), "Call <PHONE> now"),
        ("+4917012345680".into(), "<PHONE>"),
        ("(212) 736-5000 or 212-736-5001".into(), "<PHONE> or <PHONE>"),
        ("Tel.: 030 901820".into(), "Tel.: <PHONE>"),
        ("phone number: 0171/4711815".into(), "phone number: <PHONE>"),
        ("Appelez le 06 12 34 56 78.".into(), "Appelez le <PHONE>."),
        ("Ring 020 7946 0958 or 07700 900123".into(), "Ring <PHONE> or <PHONE>"),
        ("Ruft an: 0171 2345678 oder 0151/23456789".into(), "Ruft an: <PHONE> oder <PHONE>"),
    ];
    let whole = [
        "123-456-7890",
        "1234567890 and 9876543210",
        "+1000000000 and x +12345678",
        "2024-01-15 12:30:45, 192.168.100.200, 10.20.30.40",
        "978-3-16-148410-0",
        "800-555-0123",
        "SELECT 4155552671 FROM t",
        "3.14159265358979",
        "1,234,567,890",
        "The mobile market grew by 1234567 units",
    ];
    check(&faults, &whole);
}

#[test]
fn cards_and_accounts_are_masked_by_their_checksums() {
    let faults = [
        ("Pay with 4111 1111 1111 1111 today".into(), "Pay with <CARD> today"),
        ("Pay with 5555-5555-5555-4444".into(), "Pay with <CARD>"),
        ("card 378282246310005".into(), "card <CARD>"),
        ("IBAN DE89 3704 0044 0532 0130 00, please".into(), "IBAN <IBAN>, please"),
        ("GB82WEST12345698765432".into(), "<IBAN>"),
    ];
    let whole = [
        "4111 1111 1111 1112",
        "order 4111111111111111",
        "0000 0000 0000 0000",
        "DE88 3704 0044 0532 0130 00",
        "DE89 3704 0044 0532 0130",
        "XX89 3704 0044 0532 0130 00",
        "1234 5678 9012 3456",
    ];
    check(&faults, &whole);
}

#[test]
fn sentences_count_what_was_found_and_never_show_it() {
    let secret = format!("ghp_{}", random(36));
    let mut data = healthy(60);
    data.push(pair("My key", &format!("It is {secret}, and that is all.")));
    data.push(pair("My mail", "It is ada@tunes.org, and the phone is +49 170 1234568."));
    let report = examine(&data);
    let (key, personal) = (
        finding(&report, FindingKind::Secret).expect("a secret"),
        finding(&report, FindingKind::PersonalData).expect("data"),
    );
    assert_eq!(
        (key.severity, key.rows.as_slice(), key.repair),
        (Severity::Error, [60].as_slice(), Some(RepairKind::MaskSecrets))
    );
    assert_eq!((personal.severity, personal.rows.as_slice()), (Severity::Warning, [61].as_slice()));
    assert!(personal.sentence.contains("e-mail addresses in 1, phone numbers in 1"), "{}", personal.sentence);
    let told = serde_json::to_string(&report).expect("JSON");
    assert!(!told.contains(&secret) && !told.contains("ada@") && !told.contains("1234568"), "{told}");
}

#[test]
fn a_label_that_is_an_address_is_not_shown_either() {
    let data: Vec<Example> = (0..100)
        .map(|number| pair(&format!("{number}?"), if number < 95 { "ada@tunes.org" } else { "none" }))
        .collect();
    let report = examine(&data);
    let sentence = &finding(&report, FindingKind::ImbalancedLabels).expect("labels").sentence;
    assert!(sentence.contains("“<EMAIL>” 95 times"), "{sentence}");
}

#[test]
fn what_a_called_tool_is_given_is_masked_too() {
    let mut call = Message::new("assistant", "");
    call.tool_calls =
        Some(json!([{"type": "function", "function": {"name": "send", "arguments": {"to": ["ada@tunes.org"]}}}]));
    let example = Example::chat(vec![Message::new("user", "Send it"), call]);
    let Some(Example::Chat { messages, .. }) = repair(RepairKind::MaskPersonalData, &example) else { panic!("masked") };
    assert_eq!(messages[1].tool_calls.as_ref().expect("calls")[0]["function"]["arguments"], json!({"to": ["<EMAIL>"]}));
    assert_eq!(rows(&examine(&[example]), FindingKind::PersonalData), [0]);
}
