//! Repairs mend once, and nothing but what they name.

use proptest::prelude::*;
use tunesmith_data::{Example, Message};
use tunesmith_data_doctor::{FindingKind, RepairKind, repair, repair_with};
use tunesmith_protocol::Split;

use crate::support::{chat, examine_splits, healthy, pair, rows};

const ALL: [RepairKind; 10] = [
    RepairKind::RemoveRows,
    RepairKind::RemoveDuplicates,
    RepairKind::MaskPersonalData,
    RepairKind::StripHtml,
    RepairKind::FixMojibake,
    RepairKind::RemoveControlCharacters,
    RepairKind::TrimAnswerStart,
    RepairKind::MergeSameRole,
    RepairKind::MergeSystem,
    RepairKind::DropTrailingUser,
];

/// Texts full of what repairs look for, whole, cut and nested.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "<p>", "</p>", "<br>", "<b>", "</b>", "&amp;", "&lt;", "&gt;", "amp;", "lt;", "<!--", "-->", "&#60;", "&",
            "Ã", "©", "Â", "â€™", "ðŸ˜€", "Ãƒ", "Ð", "Ÿ", "é", "\u{a0}", "É", "™",
            "\u{200b}", "\u{200d}", "\u{feff}", "\u{1b}", "[31m", "😀", "क", "\u{0}",
            "ada@tunes.org", "@", "+49 170 1234568", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "0000",
            "xoxb-1234567890abc", "http://a:b3c4@d.org", "tel ", "212-736-5000", "<EMAIL>", "eyJ", "+", "1234567",
        ]).prop_map(str::to_owned),
        1 => "[ -~]{0,6}",
        1 => any::<char>().prop_map(String::from),
        2 => prop::sample::select(vec![" ", "\n", "a", "word", ". "]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn example() -> impl Strategy<Value = Example> {
    let role = prop::sample::select(vec!["system", "user", "user", "assistant", "assistant", "tool"]);
    let message = (role, text()).prop_map(|(role, text)| Message::new(role, text));
    prop_oneof![
        text().prop_map(|text| Example::Text { text }),
        prop::collection::vec(message, 0..6).prop_map(Example::chat),
    ]
}

/// Texts without any fault: words, numbers of everyday size, punctuation, several scripts.
fn whole_text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        3 => "[a-g]{1,9}",
        1 => "[A-Z][a-gäöüéèñ]{1,7}",
        1 => "[0-9]{1,4}",
        1 => prop::sample::select(vec!["été", "Größe", "привет", "日本語", "नमस्ते", "😀", "<think>", "a < b", "R&D", "x@y"])
            .prop_map(str::to_owned),
    ];
    let end = prop::sample::select(vec!["", "", "", ",", ".", "!", ":", " –", "\n"]);
    prop::collection::vec((word, end), 1..20)
        .prop_map(|words| words.iter().map(|(word, end)| format!("{word}{end} ")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_repair_mends_nothing_a_second_time(example in example()) {
        for kind in ALL {
            if let Some(mended) = repair(kind, &example) {
                prop_assert_ne!(&mended, &example, "{:?} says that it mends, and changes nothing", kind);
                prop_assert_eq!(repair(kind, &mended), None, "{:?} of {:?}", kind, mended);
            }
        }
    }

    #[test]
    fn what_is_whole_is_left_as_it_is(question in whole_text(), answer in whole_text()) {
        let example = chat(&[("system", "Be brief."), ("user", &question), ("assistant", &answer)]);
        for kind in ALL {
            prop_assert_eq!(repair(kind, &example), None, "{:?}", kind);
        }
    }

    #[test]
    fn a_repair_changes_nothing_around_a_fault(before in whole_text(), after in whole_text()) {
        let faults = [
            (RepairKind::MaskPersonalData, "ada@tunes.org", "<EMAIL>"),
            (RepairKind::StripHtml, "fish &amp; <b>chips</b>", "fish & chips"),
            (RepairKind::FixMojibake, "cafÃ©", "café"),
            (RepairKind::RemoveControlCharacters, "be\u{200b}low", "below"),
        ];
        for (kind, fault, mended) in faults {
            let text = |middle: &str| Example::Text { text: format!("{before} {middle} {after}") };
            prop_assert_eq!(repair(kind, &text(fault)), Some(text(mended)));
        }
    }

    #[test]
    fn merging_and_dropping_keep_every_word_up_to_the_last_answer(roles in prop::collection::vec(0usize..3, 1..8)) {
        let messages: Vec<Message> =
            (0..).zip(&roles).map(|(number, role)| Message::new(["system", "user", "assistant"][*role], format!("m{number}"))).collect();
        let example = Example::chat(messages.clone());
        let said = |example: &Example| match example {
            Example::Chat { messages, .. } => messages.iter().flat_map(|message| {
                message.content.split("\n\n").map(|part| (message.role.clone(), part.to_owned())).collect::<Vec<_>>()
            }).collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        let merged = repair(RepairKind::MergeSameRole, &example);
        prop_assert_eq!(merged.is_some(), roles.windows(2).any(|pair| pair[0] == pair[1]));
        prop_assert_eq!(said(merged.as_ref().unwrap_or(&example)), said(&example));
        if let Some(dropped) = repair(RepairKind::DropTrailingUser, &example) {
            let Example::Chat { messages: kept, .. } = dropped else { panic!("a conversation") };
            prop_assert_eq!(&messages[..kept.len()], &kept[..]);
            prop_assert!(messages[kept.len()..].iter().all(|message| message.role == "user"));
        }
    }
}

#[test]
fn system_messages_become_the_first_one_wherever_they_stand() {
    let merged = |turns: &[(&str, &str)]| repair(RepairKind::MergeSystem, &chat(turns));
    let several = [("system", "Be brief."), ("user", "a"), ("assistant", "b"), ("system", "Be kind."), ("user", "c")];
    let expected = chat(&[("system", "Be brief.\n\nBe kind."), ("user", "a"), ("assistant", "b"), ("user", "c")]);
    assert_eq!(merged(&several), Some(expected));
    let late = [("user", "a"), ("system", " s "), ("assistant", "b")];
    assert_eq!(merged(&late), Some(chat(&[("system", " s "), ("user", "a"), ("assistant", "b")])));
    assert_eq!(merged(&[("system", "s"), ("user", "a"), ("assistant", "b")]), None);
    assert_eq!(merged(&[("user", "a"), ("assistant", "b")]), None);
}

#[test]
fn removing_rows_mends_no_row() {
    let example = chat(&[("user", "a"), ("user", "b"), ("assistant", ""), ("user", "<br> &amp;")]);
    assert_eq!(repair(RepairKind::RemoveRows, &example), None);
    assert_eq!(repair(RepairKind::RemoveDuplicates, &example), None);
}

#[test]
fn a_text_that_would_be_emptied_is_left_as_it_is() {
    let example = chat(&[("user", "<p></p>"), ("assistant", "\u{200b}")]);
    for kind in ALL {
        assert_eq!(repair(kind, &example), None, "{kind:?}");
    }
}

#[test]
fn all_repairs_at_once_remove_each_row_once_and_keep_one_of_those_alike() {
    let mut data: Vec<_> = healthy(60).into_iter().map(|row| (Split::Training, row)).collect();
    // 60 and 61 are the same as 5, and one of the same is held out: those to learn from go, and what is held out stays.
    data.extend([(Split::Training, data[5].1.clone()), (Split::Training, data[5].1.clone())]);
    data.push((Split::Validation, data[5].1.clone()));
    // 63 and 64 are alike, and each also has something to mend.
    let private = pair("Whom do I ask about the mill and the river?", "Ask ada@lovelace-labs.net about it, she knows.");
    data.extend([(Split::Training, private.clone()), (Split::Training, private)]);
    let report = examine_splits(&data);
    assert_eq!(rows(&report, FindingKind::Leakage), [5, 60, 61]);
    let all = report.all_repairs();
    assert_eq!(all.removed, [5, 60, 61, 64]);
    assert_eq!(all.changed, [(63, vec![RepairKind::MaskPersonalData])].into(), "a row that goes is not changed first");
}

#[test]
fn what_one_repair_leaves_is_not_taken_for_what_another_looks_for() {
    let row = pair("Who?", "\n<p>Ask ada@lovelace-labs.net &amp; Zoë</p>".replace('ë', "Ã«").as_str());
    let kinds =
        [RepairKind::FixMojibake, RepairKind::StripHtml, RepairKind::MaskPersonalData, RepairKind::TrimAnswerStart];
    assert_eq!(repair_with(&kinds, &row), Some(pair("Who?", "Ask <EMAIL> & Zoë")));
    assert_eq!(repair_with(&kinds, &pair("Who?", "Zoë")), None, "nothing to repair");
}
