//! Rows that say the same, on one side and on both, and prompts with several answers.

use tunesmith_data::Example;
use tunesmith_data_doctor::{FindingKind, RepairKind, Severity};
use tunesmith_protocol::Split;

use crate::support::{chat, examine, examine_splits, finding, healthy, pair, rows, say, spelled};

/// Words of their own for a number, `count` of them.
fn own_words(number: usize, count: usize) -> Vec<String> {
    (0..count).map(|word| spelled((number * 997 + word * 31) % 99_991)).collect()
}

#[test]
fn equal_rows_are_grouped_and_all_but_the_first_go() {
    let mut data = healthy(60);
    data.extend([data[5].clone(), data[7].clone(), data[5].clone()]);
    let report = examine(&data);
    let found = finding(&report, FindingKind::ExactDuplicates).expect("duplicates");
    assert_eq!(found.groups, [vec![5, 60, 62], vec![7, 61]]);
    assert_eq!(found.rows, [5, 7, 60, 61, 62]);
    assert_eq!((found.repair, found.rows_to_remove()), (Some(RepairKind::RemoveDuplicates), vec![60, 61, 62]));
    assert!(found.sentence.starts_with("3 rows are the same"), "{}", found.sentence);
    assert!(rows(&report, FindingKind::NearDuplicates).is_empty(), "an equal row is not told of twice");
}

#[test]
fn rows_are_not_equal_when_anything_differs() {
    let mut data = healthy(60);
    data.extend([
        pair("Yes or no?", "Yes"),
        pair("Yes or no?", "No"),
        pair("yes or no", "Yes"),
        chat(&[("system", "Be brief."), ("user", "Yes or no?"), ("assistant", "Yes")]),
    ]);
    assert!(rows(&examine(&data), FindingKind::ExactDuplicates).is_empty());
}

#[test]
fn rows_that_differ_in_little_are_nearly_equal() {
    let mut data = healthy(60);
    let text = own_words(1, 80).join(" ");
    let mut changed = own_words(1, 80);
    changed[40] = "another".into();
    data.push(pair("Tell me a story", &text));
    data.push(pair("Tell me a story!", &changed.join(" ")));
    data.push(pair("TELL me a story", &text.to_uppercase()));
    let report = examine(&data);
    let found = finding(&report, FindingKind::NearDuplicates).expect("near duplicates");
    assert_eq!((found.groups.clone(), found.rows_to_remove()), (vec![vec![60, 61, 62]], vec![61, 62]));
}

#[test]
fn rows_that_share_a_long_text_but_not_the_answer_are_not_nearly_equal() {
    let context = own_words(3, 300).join(" ");
    let mut data = healthy(60);
    for number in 0..4 {
        let answer = own_words(100 + number, 15).join(" ");
        data.push(pair(&format!("{context} What about {}?", spelled(number)), &answer));
    }
    // Short answers must be the same: a single word decides.
    data.push(pair(&format!("{context} Is it so?"), "Yes, it is"));
    data.push(pair(&format!("{context} Is it so?!"), "No, it is not"));
    // Other instructions make other rows.
    let answer = own_words(9, 40).join(" ");
    data.push(chat(&[("system", "Be kind."), ("user", "Say it"), ("assistant", &answer)]));
    data.push(chat(&[("system", "Be rude."), ("user", "Say it"), ("assistant", &answer)]));
    let report = examine(&data);
    assert!(finding(&report, FindingKind::NearDuplicates).is_none(), "{:?}", report.findings);
}

#[test]
fn the_wording_of_a_prompt_that_all_rows_share_makes_none_alike() {
    let wording = own_words(4, 200).join(" ");
    let row = |number: usize| {
        let text = own_words(1000 + number, 12).join(" ");
        pair(&format!("{wording} Here is the review: {text}. Is it good?"), ["good", "bad"][number % 2])
    };
    let mut data: Vec<Example> = (0..100).map(row).collect();
    assert!(finding(&examine(&data), FindingKind::NearDuplicates).is_none());
    let text = own_words(1007, 12).join(" ");
    data.push(pair(&format!("{wording}\n\nHere is the review: {text}. Is it good?"), "bad"));
    assert_eq!(rows(&examine(&data), FindingKind::NearDuplicates), [7, 100]);
}

/// Long rows are compared by estimates: nearly all of those that share 90 % are found, and none of those that share
/// 50 %.
#[test]
fn similarity_decides_and_long_rows_are_estimated_well() {
    let mut data = Vec::new();
    for number in 0..200 {
        let words = own_words(number * 3, 400);
        data.push(pair("Tell me", &words.join(" ")));
        // One change in 60 words of runs of three: 0.9 alike. Every sixth word: 0.33 and less.
        let step = if number < 100 { 60 } else { 6 };
        let changed =
            |(place, word): (usize, &String)| if place % step == 30 % step { format!("{word}x") } else { word.clone() };
        data.push(pair("Tell me", &words.iter().enumerate().map(changed).collect::<Vec<String>>().join(" ")));
    }
    let report = examine(&data);
    let groups = &finding(&report, FindingKind::NearDuplicates).expect("near duplicates").groups;
    assert!(groups.iter().all(|group| group.len() == 2 && group[0] % 2 == 0 && group[1] == group[0] + 1), "{groups:?}");
    assert!(groups.iter().all(|group| group[0] < 200), "{groups:?}");
    assert!(groups.len() >= 97, "{} of 100", groups.len());
}

#[test]
fn similarity_is_not_transitive() {
    let words = own_words(5, 200);
    let step = |from: usize| -> String {
        let changed = |(place, word): (usize, &String)| if place < from { format!("{word}x") } else { word.clone() };
        words.iter().enumerate().map(changed).collect::<Vec<String>>().join(" ")
    };
    // Each row shares four fifths with the one before; the last shares nothing with the first.
    let mut data = healthy(60);
    data.extend((0..=20).map(|number| pair("Tell me", &step(number * 10))));
    let report = examine(&data);
    let found = finding(&report, FindingKind::NearDuplicates).expect("near duplicates");
    let widest = found.groups.iter().map(|group| group[group.len() - 1] - group[0]).max().expect("a group");
    assert!(found.groups.len() > 3 && widest <= 4, "{:?}", found.groups);
}

#[test]
fn held_out_rows_that_are_learned_too_leak() {
    let text = own_words(1, 80).join(" ");
    let mut data: Vec<(Split, Example)> = healthy(60).into_iter().map(|row| (Split::Training, row)).collect();
    data.push((Split::Training, pair("Tell me a story", &text)));
    data.push((Split::Validation, data[5].1.clone()));
    data.push((Split::Validation, pair("Tell me a story!", &text)));
    data.push((Split::Validation, pair("What else?", &own_words(2, 30).join(" "))));
    let report = examine_splits(&data);
    let found = finding(&report, FindingKind::Leakage).expect("leakage");
    assert_eq!(found.groups, [vec![5, 61], vec![60, 62]]);
    assert_eq!((found.rows.clone(), found.rows_to_remove()), (vec![5, 60], vec![5, 60]), "the rows to learn from go");
    assert!(found.sentence.starts_with("2 validation rows"), "{}", found.sentence);
    assert!(
        finding(&report, FindingKind::ExactDuplicates).is_none()
            && finding(&report, FindingKind::NearDuplicates).is_none()
    );
}

#[test]
fn removing_duplicates_and_leaks_together_loses_no_content() {
    let row = healthy(1).remove(0);
    let mut data: Vec<(Split, Example)> = healthy(30).into_iter().map(|row| (Split::Training, row)).collect();
    data.extend([Split::Training, Split::Validation, Split::Validation].map(|split| (split, row.clone())));
    let report = examine_splits(&data);
    let mut removed: Vec<u32> = report.findings.iter().flat_map(|finding| finding.rows_to_remove()).collect();
    removed.sort_unstable();
    removed.dedup();
    assert_eq!(removed, [0, 30, 32], "one held-out row stays");
}

#[test]
fn one_prompt_with_two_labels_is_a_warning_and_with_two_stories_a_note() {
    let mut data = healthy(60);
    data.extend([pair("Is a whale a fish?", "Yes"), pair("Is a whale a fish?", "No"), pair("Is a cod a fish?", "Yes")]);
    let report = examine(&data);
    let found = finding(&report, FindingKind::ConflictingAnswers).expect("conflicts");
    assert_eq!((found.severity, found.groups.clone(), found.repair), (Severity::Warning, vec![vec![60, 61]], None));

    let class = |label: &str| Example::Classification { text: "A fine day".into(), label: label.into() };
    let mut data = vec![class("good"), class("bad"), class("good")];
    let better = |chosen: &str| Example::Preference {
        prompt: say(&[("user", "Is a whale a fish?")]),
        chosen: say(&[("assistant", chosen)]),
        rejected: say(&[("assistant", "Arr")]),
        tools: vec![],
    };
    data.extend([better("Yes"), better("No")]);
    let report = examine(&data);
    let found = finding(&report, FindingKind::ConflictingAnswers).expect("conflicts");
    assert_eq!((found.severity, found.groups.clone()), (Severity::Warning, vec![vec![0, 1, 2], vec![3, 4]]));

    let mut data = healthy(60);
    data.extend((0..3).map(|number| pair("Tell me a story", &own_words(number, 30).join(" "))));
    // The same prompt after another system message, or with the same answer, is no conflict.
    data.push(chat(&[("system", "Be brief."), ("user", "Is a whale a fish?"), ("assistant", "No")]));
    data.push(chat(&[("system", "Be a pirate."), ("user", "Is a whale a fish?"), ("assistant", "Arr")]));
    let report = examine(&data);
    let found = finding(&report, FindingKind::ConflictingAnswers).expect("conflicts");
    assert_eq!((found.severity, found.groups.clone()), (Severity::Note, vec![vec![60, 61, 62]]));
}

/// A question answered with the same words after this reasoning.
fn reasoned(reasoning: &str) -> Example {
    let mut messages = say(&[("user", "What is seven times eight?"), ("assistant", "It is fifty-six.")]);
    messages[1].reasoning_content = Some(reasoning.into());
    Example::chat(messages)
}

#[test]
fn rows_that_reason_in_another_way_are_not_the_same() {
    let (one, other) = (own_words(1, 60), own_words(2, 60));
    let mut data = healthy(60);
    data.extend([reasoned(&one.join(" ")), reasoned(&other.join(" "))]);
    let report = examine(&data);
    for kind in [FindingKind::ExactDuplicates, FindingKind::NearDuplicates, FindingKind::ConflictingAnswers] {
        assert!(finding(&report, kind).is_none(), "{:?}", report.findings);
    }
    let mut changed = one.clone();
    changed[30] = "another".into();
    data.push(reasoned(&changed.join(" ")));
    let report = examine(&data);
    assert_eq!(finding(&report, FindingKind::NearDuplicates).expect("near duplicates").groups, [vec![60, 62]]);
}
