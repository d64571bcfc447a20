//! Examples become the tokens of a run under the length rule.

use std::ops::ControlFlow;

use tunesmith_data::{Example, PrepareError, Prepared, prepare};
use tunesmith_protocol::{Task, TooLong, TrainSettings};

use crate::support::{chat, folder, say};

fn run(rows: &[Example], settings: &TrainSettings) -> Result<Prepared, PrepareError> {
    prepare(rows, &folder("chatml", 256).open(), settings, &mut |_, _| ControlFlow::Continue(()))
}

fn rows() -> Vec<Example> {
    vec![
        chat(&[("user", "q"), ("assistant", "short")]),
        chat(&[("user", "q"), ("assistant", "a very long answer that goes on and on and on")]),
        chat(&[("user", &"long question ".repeat(9)), ("assistant", "cut off")]),
    ]
}

fn settings(max_length: u32, too_long: TooLong) -> TrainSettings {
    TrainSettings { max_length, too_long, ..TrainSettings::default() }
}

#[test]
fn rows_within_the_limit_are_whole_and_unpadded() {
    let prepared = run(&rows(), &settings(1024, TooLong::Refuse)).expect("rows");
    assert_eq!((prepared.rows.len(), prepared.too_long, prepared.dropped), (3, 0, 0));
    let lengths: Vec<usize> = prepared.rows.iter().map(|row| row.ids.len()).collect();
    assert_eq!(prepared.tokens, lengths.iter().sum::<usize>() as u64);
    assert!(lengths[0] < lengths[1] && lengths[1] < lengths[2], "no row is padded to another's length");
    assert_eq!(
        prepared.learned_tokens,
        ["short", "a very long answer that goes on and on and on", "cut off"]
            .map(|a| a.len() as u64 + 1)
            .iter()
            .sum::<u64>()
    );
}

#[test]
fn a_long_row_is_cut_and_dropped_only_if_its_answer_is_gone() {
    let prepared = run(&rows(), &settings(40, TooLong::Truncate)).expect("rows");
    assert_eq!((prepared.rows.len(), prepared.too_long, prepared.left_out, prepared.dropped), (2, 2, 1, 1));
    assert!(prepared.rows.iter().all(|row| row.ids.len() <= 40 && row.ids.len() == row.learn.len()));
}

#[test]
fn long_rows_are_left_out_or_refused_when_asked() {
    let prepared = run(&rows(), &settings(40, TooLong::Drop)).expect("rows");
    assert_eq!((prepared.rows.len(), prepared.too_long, prepared.left_out, prepared.dropped), (1, 2, 2, 2));
    let error = run(&rows(), &settings(40, TooLong::Refuse)).expect_err("refused");
    assert!(matches!(error, PrepareError::TooLong { count: 2, rows: 3, limit: 40, row: 3, .. }), "{error}");
}

#[test]
fn a_row_without_an_answer_to_learn_is_not_counted_as_too_long() {
    let mut unlearned = say(&[("user", &"long question ".repeat(9)), ("assistant", "never learned")]);
    unlearned[1].weight = Some(0.0);
    let rows: Vec<Example> = rows().into_iter().chain([Example::chat(unlearned)]).collect();
    for (rule, left_out) in [(TooLong::Truncate, 1), (TooLong::Drop, 2)] {
        let prepared = run(&rows, &settings(40, rule)).expect("rows");
        assert_eq!((prepared.too_long, prepared.left_out, prepared.dropped), (2, left_out, left_out + 1), "{rule:?}");
        assert_eq!(prepared.rows.len() as u64, 4 - prepared.dropped, "{rule:?}");
    }
    let error = run(&rows, &settings(40, TooLong::Refuse)).expect_err("refused");
    assert!(
        matches!(error, PrepareError::TooLong { count: 3, rows: 4, .. }),
        "all that are longer stand in the way: {error}"
    );
}

#[test]
fn nothing_to_learn_is_refused() {
    assert!(matches!(run(&[], &TrainSettings::default()), Err(PrepareError::Empty)));
    let mut messages = say(&[("user", "q"), ("assistant", "a")]);
    messages[1].weight = Some(0.0);
    let error = run(&[Example::chat(messages)], &TrainSettings::default()).expect_err("refused");
    assert!(matches!(error, PrepareError::NoLearnableToken { rows: 1, .. }));
    let error = run(&rows(), &settings(8, TooLong::Truncate)).expect_err("refused");
    assert!(error.to_string().contains("max length"), "{error}");
}

#[test]
fn answers_that_the_template_hides_are_the_reason_for_nothing_to_learn() {
    let template = "{% for m in messages if m.role == 'user' %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}";
    let renderer = folder("chatml", 256).with("chat_template.jinja", template).open();
    let prepared = prepare(&rows(), &renderer, &TrainSettings::default(), &mut |_, _| ControlFlow::Continue(()));
    let error = prepared.expect_err("refused").to_string();
    assert!(error.contains("chat template does not show the answers"), "{error}");
}

#[test]
fn text_is_learned_whole_and_ends() {
    let renderer = folder("chatml", 256).open();
    let text = [Example::Text { text: "leek".into() }];
    let prepared = run(&text, &TrainSettings { task: Task::Text, ..TrainSettings::default() }).expect("rows");
    let row = &prepared.rows[0];
    assert_eq!((row.ids.len(), row.learned()), (5, 4), "four bytes and the end token");
    assert!(renderer.end_tokens().contains(&row.ids[4]));
    assert_eq!(renderer.decode(&row.ids).expect("a text"), "leek");
    let conversation = run(&rows(), &TrainSettings { task: Task::Text, ..TrainSettings::default() }).expect("rows");
    assert_eq!(conversation.learned_tokens, conversation.tokens - 3, "all but the first token of each row");
}

#[test]
fn a_row_that_the_template_refuses_is_left_out_and_named() {
    let renderer = folder("gemma", 256).open();
    let rows =
        [chat(&[("user", "q"), ("assistant", "a")]), chat(&[("system", "s"), ("user", "q"), ("assistant", "a")])];
    let prepare =
        |rows: &[Example]| prepare(rows, &renderer, &TrainSettings::default(), &mut |_, _| ControlFlow::Continue(()));
    let prepared = prepare(&rows).expect("the other row");
    assert_eq!((prepared.rows.len(), prepared.dropped, prepared.refused.len()), (1, 1, 1));
    let why = "The model's chat template refuses this conversation: System role not supported";
    assert_eq!((prepared.refused[0].row, prepared.refused[0].why.as_ref()), (2, why));
    let error = prepare(&rows[1..]).expect_err("nothing is left");
    assert_eq!(error.to_string(), format!("The only row cannot be rendered. {why}"));
}

#[test]
fn preparation_is_pure_and_can_be_cancelled() {
    let settings = settings(40, TooLong::Truncate);
    assert_eq!(run(&rows(), &settings).expect("rows"), run(&rows(), &settings).expect("rows"));
    let renderer = folder("chatml", 256).open();
    let many: Vec<Example> = (0..2000).map(|row| chat(&[("user", "q"), ("assistant", &row.to_string())])).collect();
    let cancelled = prepare(&many, &renderer, &settings, &mut |done, total| {
        assert!(done < 1000 && total == 2000);
        ControlFlow::Break(())
    });
    assert!(matches!(cancelled, Err(PrepareError::Cancelled)));
}

#[test]
fn rows_keep_their_order_however_many_cores_work_on_them() {
    let renderer = folder("chatml", 256).open();
    let many: Vec<Example> = (0..1500).map(|row| chat(&[("user", "q"), ("assistant", &row.to_string())])).collect();
    let settings = TrainSettings::default();
    let prepared = prepare(&many, &renderer, &settings, &mut |_, _| ControlFlow::Continue(())).expect("rows");
    for (example, tokens) in many.iter().zip(prepared.rows.iter()) {
        assert_eq!(&renderer.tokens(example, settings.learn_from).expect("tokens"), tokens);
    }
}

#[test]
fn answers_judged_bad_are_left_out_and_counted() {
    let judged =
        |label| Example::Unpaired { prompt: say(&[("user", "q")]), completion: say(&[("assistant", "short")]), label };
    let prepared = run(&[judged(false), judged(true), judged(false)], &TrainSettings::default()).expect("rows");
    assert_eq!((prepared.rows.len(), prepared.dropped, prepared.untaught), (1, 2, 2));
    assert_eq!(prepared.rows, run(&rows()[..1], &TrainSettings::default()).expect("rows").rows);
    let error = run(&[judged(false)], &TrainSettings::default()).expect_err("nothing to learn");
    assert!(error.to_string().ends_with("all of them are answers judged bad"), "{error}");
}
