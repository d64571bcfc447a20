//! Answers that are empty, too short, cut or in another language; labels; system messages; who speaks when.

use serde_json::json;
use tunesmith_data::{Example, Message};
use tunesmith_data_doctor::{FindingKind, RepairKind, Severity, repair};

use crate::support::{chat, examine, finding, healthy, pair, rows, spelled};

/// The rows of a finding among healthy rows, numbered from 0 behind them.
fn found(kind: FindingKind, examples: &[Example]) -> Vec<u32> {
    let mut data = healthy(60);
    data.extend_from_slice(examples);
    rows(&examine(&data), kind).iter().map(|row| row.checked_sub(60).expect("a healthy row is healthy")).collect()
}

fn answers(texts: &[&str]) -> Vec<Example> {
    (0..).zip(texts).map(|(number, text)| pair(&format!("Tell me of {}", spelled(number)), text)).collect()
}

#[test]
fn an_empty_answer_is_an_error_unless_a_tool_is_called() {
    let mut call = Message::new("assistant", "");
    call.tool_calls = Some(json!([{"type": "function", "function": {"name": "f", "arguments": {}}}]));
    let called = Example::chat(vec![Message::new("user", "What is the weather?"), call]);
    let mut off = Message::new("assistant", "");
    off.weight = Some(0.0);
    let mut learned = chat(&[("user", "Hi"), ("assistant", "Hello to you.")]);
    if let Example::Chat { messages, .. } = &mut learned {
        messages.insert(0, off);
    }
    assert_eq!(found(FindingKind::EmptyAnswer, &[pair("Why?", ""), called, pair("So?", " \n"), learned]), [0, 2]);
}

#[test]
fn a_single_word_stands_out_only_where_others_say_more() {
    assert_eq!(found(FindingKind::OneWordAnswer, &answers(&["Maybe.", "That is so."])), [0]);
    let labels: Vec<Example> = (0..60).map(|number| pair(&spelled(number), ["yes", "no"][number % 2])).collect();
    assert!(finding(&examine(&labels), FindingKind::OneWordAnswer).is_none());
}

#[test]
fn answers_that_stop_in_the_middle_are_found() {
    let cut = [
        "You will need flour, two eggs and some milk for the batter, then you",
        "```python\nprint(1)\n",
        "This is how it is with the inter-",
        "They went home and",
        "First the eggs, then the milk,",
        "A half character \u{fffd}",
    ];
    assert_eq!(found(FindingKind::TruncatedAnswer, &answers(&cut)), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn answers_that_end_as_they_like_are_left_alone() {
    let whole = [
        "This is what you need to bring:\n- a warm coat\n- two pairs of shoes",
        "1. Open the box\n2. Take out what is in it",
        "Here it is, and it runs:\n```python\nprint(1)\n```",
        "Read more of it at https://tunes.org/what-is-new-in-this",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "He said to me: “You are my friend.”",
        "You should see that it is so 😀",
        "这是一个很好的问题，我们明天再谈。",
        "Paris",
        "C++ and C--",
        "x = a + b\nreturn x + y + z + w",
    ];
    assert!(found(FindingKind::TruncatedAnswer, &answers(&whole)).is_empty());
    // Where answers end without punctuation anyway, a missing one says nothing.
    let open: Vec<Example> = (0..60)
        .map(|number| pair(&spelled(number), &format!("leek, flour, {}, two brown eggs", spelled(number * 7))))
        .collect();
    assert!(finding(&examine(&open), FindingKind::TruncatedAnswer).is_none());
}

/// A sentence or two in each language that is known.
const SPOKEN: [(&str, &str); 13] = [
    ("German", "Das ist eine gute Frage, und ich kann dir sagen, dass es nicht so einfach ist, wie man denkt."),
    ("French", "C'est une bonne question, mais je ne suis pas sûr que la réponse soit dans le livre que vous avez."),
    (
        "Spanish",
        "Es una buena pregunta, pero no creo que la respuesta esté en el libro que usted tiene para los niños.",
    ),
    (
        "Italian",
        "È una buona domanda, ma non credo che la risposta sia nel libro che ho letto con gli amici della scuola.",
    ),
    (
        "Portuguese",
        "É uma boa pergunta, mas não acho que a resposta esteja no livro que você tem em casa para as crianças.",
    ),
    ("Dutch", "Dat is een goede vraag, maar ik denk niet dat het antwoord in het boek staat dat je van mij hebt."),
    ("Russian", "Это хороший вопрос, но я не думаю, что ответ есть в книге."),
    ("Chinese", "这是一个好问题，但是我不认为答案在这本书里。"),
    ("Japanese", "それは良い質問ですが、答えは本の中にないと思います。"),
    ("Korean", "좋은 질문이지만 답은 책에 없다고 생각합니다."),
    ("Arabic", "هذا سؤال جيد، لكنني لا أعتقد أن الجواب في الكتاب."),
    ("Hindi", "यह एक अच्छा सवाल है, लेकिन मुझे नहीं लगता कि उत्तर किताब में है।"),
    ("English", "That is a good question, but I do not think that the answer is in the book that you have."),
];

#[test]
fn an_answer_in_another_language_than_the_rest_is_found() {
    for (language, text) in &SPOKEN[..12] {
        let mut data = healthy(60);
        data.push(pair("What do you think of it?", text));
        let report = examine(&data);
        let found =
            finding(&report, FindingKind::OtherLanguage).unwrap_or_else(|| panic!("{language} is not told apart"));
        assert_eq!((found.rows.as_slice(), found.repair), ([60].as_slice(), Some(RepairKind::RemoveRows)));
        assert!(found.sentence.contains(&format!("not in English as the rest: {language} 1")), "{}", found.sentence);
    }
}

#[test]
fn an_english_answer_among_others_is_found() {
    for (language, text) in &SPOKEN[..12] {
        let mut data: Vec<Example> =
            (0..40).map(|number| pair(&format!("{} {text}", number), &format!("{text} {}", number))).collect();
        data.push(pair("?", SPOKEN[12].1));
        assert_eq!(rows(&examine(&data), FindingKind::OtherLanguage), [40], "{language}");
    }
}

#[test]
fn a_language_that_was_asked_for_names_and_code_are_left_alone() {
    let german = SPOKEN[0].1;
    let left = [
        pair("Translate into German: That is a good question.", german),
        pair("How do you say that in French?", SPOKEN[1].1),
        pair("Schreib mir die Frage in einer anderen Sprache", SPOKEN[2].1),
        pair("Who wrote it?", "Johann Wolfgang von Goethe, Die Leiden des jungen Werther."),
        pair("Who lives there?", "José María de la Cruz y los Reyes."),
        pair("Show me", "```c\nint der, die, das; /* und nicht ein */\n```"),
        pair("Show me", "SELECT la, le, les FROM des WHERE du = 'et' AND un = 'une';"),
        pair("What is it?", "The word 世界 means world, and that is what you will see on this sign."),
    ];
    assert!(found(FindingKind::OtherLanguage, &left).is_empty());
    // A dataset of several languages is meant to be one.
    let mixed: Vec<Example> = (0..60)
        .map(|number| pair(&spelled(number), &format!("{} {}", SPOKEN[number % 4].1, spelled(number))))
        .collect();
    assert!(finding(&examine(&mixed), FindingKind::OtherLanguage).is_none());
}

#[test]
fn rare_labels_are_found_where_answers_are_labels() {
    let labelled = |rare: usize| -> Vec<Example> {
        (0..100).map(|number| pair(&spelled(number), if number < rare { "spam" } else { "no spam" })).collect()
    };
    let report = examine(&labelled(5));
    let found = finding(&report, FindingKind::ImbalancedLabels).expect("imbalance");
    assert_eq!(found.rows, [0, 1, 2, 3, 4]);
    assert!(found.sentence.contains("“no spam” 95 times, “spam” 5"), "{}", found.sentence);
    assert!(finding(&examine(&labelled(30)), FindingKind::ImbalancedLabels).is_none());
    assert!(finding(&examine(&labelled(5)[..49]), FindingKind::ImbalancedLabels).is_none(), "too few rows to tell");
    let mut prose = labelled(5);
    prose.extend(healthy(1));
    assert!(finding(&examine(&prose), FindingKind::ImbalancedLabels).is_none(), "not all answers are labels");
}

#[test]
fn system_messages_are_counted() {
    let with = |system: &str, number: usize| {
        let text = format!("They say that it is {}.", spelled(number));
        chat(&[("system", system), ("user", &spelled(number + 500)), ("assistant", &text)])
    };
    let all: Vec<Example> = (0..60).map(|number| with("Be brief.", number)).collect();
    let report = examine(&all);
    assert!(
        finding(&report, FindingKind::NoSystemMessage).is_none()
            && finding(&report, FindingKind::MixedSystemPrompts).is_none()
    );

    let mut some = all.clone();
    some.extend(healthy(2));
    let report = examine(&some);
    let missing = finding(&report, FindingKind::NoSystemMessage).expect("missing");
    assert_eq!((missing.severity, missing.rows.as_slice()), (Severity::Warning, [60, 61].as_slice()));
    assert!(missing.sentence.starts_with("2 of 62 conversations have no system message"), "{}", missing.sentence);

    let mut several = all;
    several.extend([with("Be rude.", 90), with("Be kind.", 91), with("Be kind.", 92)]);
    let report = examine(&several);
    let mixed = finding(&report, FindingKind::MixedSystemPrompts).expect("several");
    assert_eq!((mixed.severity, mixed.rows.as_slice()), (Severity::Note, [60, 61, 62].as_slice()));
    assert!(mixed.sentence.contains("3 different system messages, in 60, 2, 1 rows"), "{}", mixed.sentence);

    let own: Vec<Example> = (0..60).map(|number| with(&spelled(number), number)).collect();
    assert!(
        finding(&examine(&own), FindingKind::MixedSystemPrompts).is_none(),
        "one for each row is part of the question"
    );
}

#[test]
fn faults_in_who_speaks_when_are_found() {
    let mut call = Message::new("assistant", "");
    call.tool_calls = Some(json!([{"type": "function", "function": {"name": "f", "arguments": {}}}]));
    let tools = Example::chat(vec![
        Message::new("user", "a"),
        call.clone(),
        Message::new("tool", "1"),
        Message::new("tool", "2"),
        Message::new("assistant", "That is all."),
    ]);
    let mut off = Message::new("assistant", "No.");
    off.weight = Some(0.0);
    let two_answers = Example::chat(vec![Message::new("user", "q"), off, Message::new("assistant", "Yes, it is.")]);
    let fine = [
        tools,
        two_answers,
        chat(&[("system", "s"), ("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")]),
    ];
    let twice = chat(&[("user", "a"), ("user", "b"), ("assistant", "c")]);
    let begins = chat(&[("system", "s"), ("assistant", "Hello."), ("user", "a"), ("assistant", "b")]);
    let ends = chat(&[("user", "a"), ("assistant", "b"), ("user", "c")]);
    let nobody = chat(&[("system", "s"), ("assistant", "b")]);
    let late = chat(&[("user", "a"), ("system", "s"), ("assistant", "b")]);
    let uncalled = chat(&[("user", "a"), ("tool", "4"), ("assistant", "b")]);
    let mut call = Message::new("assistant", "");
    call.tool_calls = Some(serde_json::json!([{"type": "function", "function": {"name": "f", "arguments": {}}}]));
    let unanswered = Example::chat(vec![Message::new("user", "q"), call.clone(), Message::new("assistant", "4")]);
    let ends_in_call = Example::chat(vec![Message::new("user", "q"), call]);
    let mut data = fine.to_vec();
    data.extend([twice, begins, ends, nobody, late, uncalled, unanswered, ends_in_call]);
    assert_eq!(found(FindingKind::SameRoleTwice, &data), [3]);
    assert_eq!(found(FindingKind::BeginsWithAssistant, &data), [4]);
    assert_eq!(found(FindingKind::EndsWithUser, &data), [5]);
    assert_eq!(found(FindingKind::NoUserMessage, &data), [6]);
    assert_eq!(found(FindingKind::MisplacedSystem, &data), [7]);
    let misplaced = finding(&examine(&data), FindingKind::MisplacedSystem).expect("a finding").clone();
    assert_eq!(misplaced.repair, Some(RepairKind::MergeSystem));
    let two = [chat(&[("system", "s"), ("system", "t"), ("user", "a"), ("assistant", "b")])];
    assert_eq!(found(FindingKind::MisplacedSystem, &two), [0], "a second one, too");
    assert_eq!(found(FindingKind::ToolWithoutCall, &data), [8, 9]);
}

#[test]
fn results_with_the_id_of_another_call_are_found() {
    let row = |called: &[Option<&str>], answered: &[Option<&str>]| {
        let call = |id: &Option<&str>| match id {
            Some(id) => json!({"id": id, "type": "function", "function": {"name": "f", "arguments": {}}}),
            None => json!({"type": "function", "function": {"name": "f", "arguments": {}}}),
        };
        let mut messages = vec![Message::new("user", "q"), Message::new("assistant", "")];
        messages[1].tool_calls = Some(called.iter().map(call).collect());
        messages.extend(answered.iter().map(|id| {
            let tool_call_id = id.map(str::to_owned);
            Message { tool_call_id, ..Message::new("tool", "4") }
        }));
        messages.push(Message::new("assistant", "It is 4."));
        Example::chat(messages)
    };
    let (a, b) = (Some("a"), Some("b"));
    let fine =
        [row(&[a], &[a]), row(&[a, b], &[b, a]), row(&[None], &[a]), row(&[a], &[None]), row(&[a, b], &[None, a])];
    let odd = [row(&[a], &[b]), row(&[a, b], &[a, a]), row(&[a, b], &[b])];
    let data = [&fine[..], &odd].concat();
    assert_eq!(found(FindingKind::OtherCallId, &data), [5, 6, 7]);
    assert_eq!(found(FindingKind::ToolWithoutCall, &data), [] as [u32; 0]);
}

#[test]
fn rows_that_a_run_leaves_out_are_told_and_do_not_count_as_rows_to_learn_from() {
    let judged = |number: usize, label| Example::Unpaired {
        prompt: vec![Message::new("user", format!("What is {}?", spelled(number)))],
        completion: vec![Message::new("assistant", format!("It is {}.", spelled(number + 500)))],
        label,
    };
    let mut rows: Vec<Example> = (0..60).map(|number| judged(number, number >= 20)).collect();
    let mut silent = Message::new("assistant", "Nothing of this is learned.");
    silent.weight = Some(0.0);
    rows.push(Example::Chat { messages: vec![Message::new("user", "Is it?"), silent], tools: Vec::new() });
    let report = examine(&rows);
    let places: Vec<u32> = (0..20).chain([60]).collect();
    assert_eq!(finding(&report, FindingKind::NothingTaught).expect("a finding").rows, places);
    let few = finding(&report, FindingKind::TooFewRows).expect("a finding");
    assert!(few.sentence.contains("only 40 rows"), "{}", few.sentence);
    let none = examine(&rows[..20]);
    assert_eq!(finding(&none, FindingKind::TooFewRows).expect("a finding").sentence, "There is no row to learn from");
}

#[test]
fn answers_that_begin_with_a_blank_are_found_and_trimmed() {
    let examples = answers(&["\n\nHi there.", "  Indented.", "So it is.\n  And so on."]);
    assert_eq!(found(FindingKind::BlankStart, &examples), [0, 1]);
    let trimmed = repair(RepairKind::TrimAnswerStart, &examples[0]).expect("a repair");
    assert_eq!(trimmed, pair(&format!("Tell me of {}", spelled(0)), "Hi there."));
    assert_eq!(repair(RepairKind::TrimAnswerStart, &examples[2]), None);
}
