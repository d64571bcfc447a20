//! Left-over HTML, mojibake and invisible characters: what is mended, and into what, and what is left alone.

use tunesmith_data::Example;
use tunesmith_data_doctor::{FindingKind, RepairKind, repair};

use crate::support::{examine, pair, rows};

/// A text after a repair; none if it is left alone.
pub fn mended(kind: RepairKind, text: &str) -> Option<String> {
    match repair(kind, &Example::Text { text: text.into() })? {
        Example::Text { text } => Some(text),
        other => panic!("another kind of example: {other:?}"),
    }
}

fn check(kind: RepairKind, faults: &[(&str, &str)], whole: &[&str]) {
    for (text, expected) in faults {
        assert_eq!(mended(kind, text).as_deref(), Some(*expected), "{text:?}");
        assert_eq!(mended(kind, expected), None, "{expected:?} is mended");
    }
    for text in whole {
        assert_eq!(mended(kind, text), None, "{text:?}");
    }
}

#[test]
fn left_over_html_is_stripped_and_code_types_and_arithmetic_are_not() {
    let faults = [
        ("<p>Hello</p><p>you</p>", "Hello\nyou"),
        ("one<br>two<br/>three<BR />four", "one\ntwo\nthree\nfour"),
        ("a <a href=\"https://x.y\">link</a> and <b>bold</b>", "a link and bold"),
        ("<div class='x'>in a box</div>", "in a box"),
        ("Fish &amp; chips&nbsp;&#8211; 5&euro;", "Fish & chips\u{a0}– 5€"),
        ("twice &amp;amp; thrice &amp;amp;amp;", "twice & thrice &"),
        ("&Aring;ngstr&oslash;m &alpha;&rarr;&omega; &#x41;&#66;", "Ångstrøm α→ω AB"),
        ("a <!-- note --> b", "a  b"),
        ("&lt;p&gt;escaped&lt;/p&gt;", "escaped"),
        (
            "The test x &p> y is written so, and a &br> b too, it is &lt; z",
            "The test x &p> y is written so, and a &br> b too, it is < z",
        ),
    ];
    let whole = [
        "if a<b and b>c then a < c",
        "Vec<String> and HashMap<u8, Option<i>>",
        "<think>Let me see</think> Yes",
        "<tool_call>{}</tool_call>",
        "<EMAIL> and <PHONE>",
        "AT&T; R&D, &c; Q&A",
        "I <3 you",
        "The <br> tag of HTML breaks a line",
        "Use `<b>` here",
        "```\n<p>x</p>\n```",
        "x = a<b>c",
        "std::vector<int> x;\nfor (auto i : x) {\n  p<a>(i);\n}",
        "<|im_start|>user",
        "<p",
        "a &p> b, a &b> c, a &!-- d -->",
        "&notanentity; &#99999999;",
        "<div className=\"a\"><Button onClick={go}>Go</Button></div>",
    ];
    check(RepairKind::StripHtml, &faults, &whole);
}

#[test]
fn a_conversation_about_html_keeps_its_tags() {
    let about = pair("How do I make a web page with a list?", "<ul><li>one</li></ul>");
    let left_over = pair("What should I buy?", "<ul><li>eggs</li><li>milk</li></ul>");
    assert_eq!(repair(RepairKind::StripHtml, &about), None);
    assert_eq!(repair(RepairKind::StripHtml, &left_over), Some(pair("What should I buy?", "eggs\nmilk")));
    assert_eq!(rows(&examine(&[about, left_over]), FindingKind::Html), [1]);
}

#[test]
fn a_row_full_of_signs_takes_no_longer_than_another() {
    // With a look to the end of the text at each sign, or a pass for each letter, each of these would take minutes or hours.
    const TIMES: usize = 150_000;
    let unchanged = ["&", "<", "<!--", "<b>", "<b", "&#", "a@b.test,", "<p <"];
    for sign in unchanged {
        let row = pair("q", &format!("x{}", sign.repeat(TIMES)));
        assert_eq!(repair(RepairKind::StripHtml, &row), None, "{sign}");
        assert!(rows(&examine(&[row]), FindingKind::Html).is_empty(), "{sign}");
    }
    for (sign, expected) in [("<b>y</b>", "y"), ("<br>", ""), ("&lt;b&gt;", "<b>"), ("<!-- z -->", "")] {
        let text = format!("x{}", sign.repeat(TIMES));
        assert_eq!(mended(RepairKind::StripHtml, &text), Some(format!("x{}", expected.repeat(TIMES))), "{sign}");
    }
    let deep = format!("&{}lt;", "amp;".repeat(TIMES));
    assert_eq!(mended(RepairKind::StripHtml, &deep), Some(format!("&{}lt;", "amp;".repeat(TIMES - 8))));
    let misread = format!("Ã{}", "ƒ".repeat(TIMES));
    assert_eq!(mended(RepairKind::FixMojibake, &misread), Some(format!("Ã{}", "ƒ".repeat(TIMES - 8))));
}

#[test]
fn mojibake_is_read_again_as_what_it_was() {
    let faults = [
        ("cafÃ© and naÃ¯ve", "café and naïve"),
        ("itâ€™s â€œfineâ€\u{9d} â€“ reallyâ€¦", "it’s “fine” – really…"),
        ("it\u{e2}\u{80}\u{99}s", "it’s"),
        ("5 Â°C, Â© 2020, Â£5", "5 °C, © 2020, £5"),
        ("SchÃ¶ne GrÃ¼ÃŸe", "Schöne Grüße"),
        ("ÃœbergrÃ¶ÃŸe", "Übergröße"),
        ("wÅ‚adza", "władza"),
        ("ÐŸÑ€Ð¸Ð²ÐµÑ‚", "Привет"),
        ("æ—¥æœ¬èªž", "日本語"),
        ("nice ðŸ˜€", "nice 😀"),
        ("twice: cafÃƒÂ©", "twice: café"),
        ("whole “é” beside brokÃ©n", "whole “é” beside broké\u{6e}"),
    ];
    let whole = [
        "café, naïve, Größe, élan, señor, São Paulo, Ångström",
        "“Ä” and ‘Å’, 5 Å”",
        "MAÇÃ” IRMÔ… AMANHÔ",
        "« LIBERTɻ, l’«À»",
        "grâce à « Jean »",
        "Â is a letter of Vietnamese: “Â”",
        "Привет, 日本語, 😀, नमस्ते",
        "Curaçao™ Müller® façade–œuvre",
        "plain",
    ];
    check(RepairKind::FixMojibake, &faults, &whole);
}

/// What any text becomes when it is misread comes back whole, where the misreading can be seen.
#[test]
fn every_language_comes_back_from_a_misreading() {
    for text in
        ["Это хороший вопрос", "これは良い質問です", "좋은 질문", "هذا سؤال جيد", "यह एक अच्छा सवाल है", "Γειά σου Κόσμε"]
    {
        let misread: String = text.bytes().map(char::from).collect();
        assert_eq!(mended(RepairKind::FixMojibake, &misread).as_deref(), Some(text));
    }
}

#[test]
fn a_long_run_that_is_misread_only_at_its_end_takes_no_longer_than_another() {
    // Letter by letter anew, this would take days.
    let text = format!("{}â€™", "Ð°".repeat(1_000_000));
    assert_eq!(mended(RepairKind::FixMojibake, &text), Some(format!("{}’", "\u{430}".repeat(1_000_000))));
}

#[test]
fn invisible_characters_go_and_joiners_that_mean_something_stay() {
    let faults = [
        ("a\u{0}b\u{7}c", "abc"),
        ("\u{feff}start", "start"),
        ("in\u{feff}side", "inside"),
        ("zero\u{200b}width", "zerowidth"),
        ("half \u{c3}\u{e}\u{c3}\u{80} letter", "half \u{c3}\u{c3} letter"),
        ("soft\u{ad}hyphen", "softhyphen"),
        ("\u{1b}[31mred\u{1b}[0m", "red"),
        ("a\u{200d}b", "ab"),
        ("page\u{c}break\u{85}", "pagebreak"),
        ("user\u{202e}nimda", "usernimda"),
    ];
    let whole = [
        "tab\tline\nreturn\r\n",
        "family 👨\u{200d}👩\u{200d}👧 and ❤\u{fe0f}",
        "می\u{200c}خواهم",
        "क्\u{200d}ष",
        "ภาษา\u{200b}ไทย",
        "no\u{a0}break",
        "\u{200f}שלום",
    ];
    check(RepairKind::RemoveControlCharacters, &faults, &whole);
}

#[test]
fn rows_with_a_fault_are_those_that_its_repair_changes() {
    let data = [pair("a", "b"), pair("cafÃ©", "b"), pair("a", "b\u{200b}"), pair("a", "<br>b &amp; c")];
    let report = examine(&data);
    assert_eq!(rows(&report, FindingKind::Mojibake), [1]);
    assert_eq!(rows(&report, FindingKind::ControlCharacters), [2]);
    assert_eq!(rows(&report, FindingKind::Html), [3]);
    assert_eq!(rows(&examine(&[pair("a", "b"), pair("a", "caf\u{fffd}")]), FindingKind::LostCharacters), [1]);
}

#[test]
fn repairs_come_to_the_same_text_in_either_order() {
    // “Привет\u{200b}” whose bytes were read as Latin-1: half of its letters look like control characters.
    let misread: String = "Привет\u{200b} мир".bytes().map(char::from).collect();
    let orders = [
        [RepairKind::FixMojibake, RepairKind::RemoveControlCharacters],
        [RepairKind::RemoveControlCharacters, RepairKind::FixMojibake],
    ];
    for order in orders {
        let mut text = misread.clone();
        for kind in order.into_iter().chain(order) {
            text = mended(kind, &text).unwrap_or(text);
        }
        assert_eq!(text, "Привет мир", "{order:?}");
    }
}
