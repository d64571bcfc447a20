//! `tunesmith data inspect`.

use crate::shell::{Shell, run_file};

#[test]
fn every_row_is_kept_or_dropped() {
    let shell = Shell::new();
    let good = r#"{"prompt":"a","completion":"b"}"#;
    shell.write("mixed.jsonl", &format!("{good}\nnot json\n{good}\n{{\"prompt\":\"no completion\"}}\n"));
    let report = &shell.run(&["data", "inspect", "mixed.jsonl", "--json"]).lines()[0];
    assert_eq!(report["format"], "completion");
    assert_eq!(
        (&report["rows_read"], &report["rows_kept"], &report["rows_dropped"]),
        (&4.into(), &2.into(), &2.into())
    );
    let problems = report["problems"].as_array().unwrap();
    assert_eq!(problems[0]["line"], 2);
    assert_eq!(problems[1]["line"], 4);
    assert!(
        problems.iter().all(|problem| problem["kind"].is_string()
            && problem["message"].is_string()
            && problem["file"].is_string())
    );
    assert!(report["tokens"].is_null(), "tokens need a model");
}

#[test]
fn with_a_model_tokens_are_counted() {
    let shell = Shell::new();
    let report =
        &shell.run(&["data", "inspect", "rows.jsonl", "--model", "model", "--max-length", "20", "--json"]).lines()[0];
    let tokens = &report["tokens"];
    // <|user|> Say 0 <|end|> <|assistant|> It is 0. <|end|>: one token a byte and a mark.
    let buckets = tokens["buckets"].as_array().unwrap();
    let filled = |bucket: &&serde_json::Value| bucket["rows"] != 0;
    assert_eq!(buckets.iter().find(filled).unwrap()["to"], 4 + 5 + 8);
    assert_eq!(tokens["longest"], 4 + 6 + 9);
    assert_eq!(report["cuts"]["rows"], 0);
    let rows = tokens["rows"].as_u64().unwrap();
    assert_eq!(report["training_rows"].as_u64().unwrap(), rows, "what is held out is not learned");
    let learned = tokens["learned_tokens"].as_u64().unwrap();
    assert!((9 * rows..=10 * rows).contains(&learned), "the answer and its end are learned: {learned} of {rows} rows");
}

#[test]
fn people_read_a_summary() {
    let shell = Shell::new();
    let ran = shell.run(&["data", "inspect", "rows.jsonl"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("24 read, 24 kept, 0 dropped"), "{}", ran.stdout);
}

#[test]
fn a_missing_file_is_an_error_and_a_dropped_row_is_not() {
    let shell = Shell::new();
    let ran = shell.run(&["data", "inspect", "missing.jsonl", "--json"]);
    assert_eq!(ran.code, 1);
    assert_eq!((ran.types(), ran.json()[0]["code"].as_str()), (vec!["error".into()], Some("not_found")));
    assert!(ran.stderr.contains("missing.jsonl"), "{}", ran.stderr);
}

#[test]
fn people_read_what_is_wrong_how_grave_it_is_and_how_long_answers_are() {
    let shell = Shell::new();
    shell.write("some.csv", "prompt,completion\na,It is fine\n,x\na,It is fine\n");
    let ran = shell.run(&["data", "inspect", "some.csv"]);
    let said = |line: &str| assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    said("some.csv:3: The column “prompt” is empty in this row: nothing is asked");
    said("warning, too_few_rows: There are only 2 rows to learn from");
    said("exact_duplicates: 1 row is the same as an earlier row");
    said("(one click in the app mends it)");
    said("words per answer");
}

#[test]
fn a_file_of_which_no_row_can_be_used_fails_after_saying_why() {
    let shell = Shell::new();
    shell.write("odd.csv", "frage,antwort\na,b\n");
    let ran = shell.run(&["data", "inspect", "odd.csv", "--json"]);
    let lines = ran.json();
    assert_eq!((ran.code, lines[0]["rows_dropped"].as_u64()), (1, Some(1)));
    assert_eq!(lines[1]["message"], "No row can be used");
    let columns = ["--column", "prompt=frage", "--column", "completion=antwort"];
    let mapped = shell.run(&[&["data", "inspect", "odd.csv", "--format", "completion"][..], &columns].concat());
    assert_eq!(mapped.code, 0, "{}", mapped.stderr);
}

#[test]
fn control_characters_of_a_file_do_not_reach_the_terminal() {
    let shell = Shell::new();
    shell.write("esc.jsonl", "{\"prompt\":\"a\",\"completion\":\"b\",\"x\\u001b[2Jy\":1}\n");
    let ran = shell.run(&["data", "inspect", "esc.jsonl"]);
    assert!(ran.stdout.contains("x\\u{1b}[2Jy") && !ran.stdout.contains('\u{1b}'), "{:?}", ran.stdout);
}

/// Conversations with a system message, for a model whose template leaves it out.
fn unseen(shell: &Shell) {
    let template = "{% for m in messages %}{% if m.role != 'system' %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endif %}{% endfor %}\
        {% if add_generation_prompt %}{{ '<|assistant|>!' if '7' in messages[-1].content else '<|assistant|>' }}{% endif %}";
    shell.write("model/chat_template.jinja", template);
    let row = |number: usize| {
        format!(
            r#"{{"messages":[{{"role":"system","content":"Be brief"}},{{"role":"user","content":"Say {number}"}},{{"role":"assistant","content":"It is {number}."}}]}}"#
        )
    };
    shell.write("rows.jsonl", &(0..9).map(row).collect::<Vec<_>>().join("\n"));
    learn_from_all(shell);
}

fn learn_from_all(shell: &Shell) {
    shell.write("run.yaml", &run_file("max_steps: 1").replace("validation: 0.25", "validation: 0"));
}

const UNSEEN: &str = "The model does not see 9 system messages: its chat template does not show them";
const ASKED: &str =
    "A chat will ask otherwise than line 8 of rows.jsonl: it sends \"!\", and the row has \"It is 7.<|end|>\"";

#[test]
fn what_a_models_template_does_not_show_and_asks_otherwise_is_told() {
    let shell = Shell::new();
    unseen(&shell);
    let ran = shell.run(&["data", "inspect", "rows.jsonl", "--model", "model"]);
    assert!(ran.stdout.contains(UNSEEN) && ran.stdout.contains(ASKED), "{}", ran.stdout);
    let report = &shell.run(&["data", "inspect", "rows.jsonl", "--model", "model", "--json"]).lines()[0];
    assert_eq!(report["model_remarks"][0], UNSEEN);
    for trained in [&["train", "run.yaml", "--output", "out"][..], &["train", "run.yaml"]] {
        let ran = shell.run(trained);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains(UNSEEN) && ran.stderr.contains(ASKED), "{trained:?}: {}", ran.stderr);
    }
}

#[test]
fn a_begin_token_that_texts_double_is_told() {
    let shell = Shell::new();
    let path = shell.path("model/tokenizer.json");
    let mut tokenizer: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let tokens = tokenizer["added_tokens"].as_array().unwrap();
    let id = tokens.iter().find(|token| token["content"] == "<|user|>").unwrap()["id"].clone();
    tokenizer["post_processor"] = serde_json::json!({"type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<|user|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<|user|>": {"id": "<|user|>", "ids": [id], "tokens": ["<|user|>"]}}});
    std::fs::write(&path, tokenizer.to_string()).unwrap();
    shell.write("rows.jsonl", &(0..9).map(|row| format!("{{\"text\":\"<|user|>{row} leeks\"}}\n")).collect::<String>());
    learn_from_all(&shell);
    let told = "9 begin or end tokens in the texts are added by the tokenizer as well; each is learned once";
    let ran = shell.run(&["data", "inspect", "rows.jsonl", "--model", "model"]);
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    for trained in [&["train", "run.yaml", "--output", "out"][..], &["train", "run.yaml"]] {
        let ran = shell.run(trained);
        assert!(ran.stderr.contains(told), "{trained:?}: {}", ran.stderr);
    }
}

#[test]
fn a_part_that_no_row_has_and_a_limit_without_a_model_are_wrong_usage() {
    let shell = Shell::new();
    let wrong = |arguments: &[&str]| {
        let ran = shell.run(&[&["data", "inspect", "rows.jsonl"], arguments].concat());
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        ran.stderr
    };
    let told = wrong(&["--column", "foo=output"]);
    assert!(told.contains("no part “foo”") && told.contains("instruction, output"), "{told}");
    let told = wrong(&["--format", "text", "--column", "prompt=text"]);
    assert!(told.contains("Its parts are text"), "{told}");
    let told = wrong(&["--column", "prompt=a", "--column", "completion=c", "--column", "prompt=b"]);
    assert!(told.contains("“prompt” is given twice"), "{told}");
    assert!(wrong(&["--max-length", "20"]).contains("--model"));
    wrong(&["--model", "model", "--max-length", "0"]);
}

#[test]
fn what_lies_in_the_place_of_a_file_is_told_for_what_it_is() {
    let shell = Shell::new();
    let told = |name: &str| {
        let ran = shell.run(&["data", "inspect", name]);
        assert_eq!(ran.code, 1, "{name}");
        format!("{}{}", ran.stdout, ran.stderr)
    };
    shell.write("pointer.jsonl", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n");
    let pointer = told("pointer.jsonl");
    assert!(pointer.contains("Git LFS pointer") && !pointer.contains("Save it as"), "{pointer}");
    shell.write("page.jsonl", "\n<!DOCTYPE HTML>\n<html><body>Sign in</body></html>\n");
    let page = told("page.jsonl");
    assert!(page.contains("a web page") && page.contains("download the file itself"), "{page}");
    shell.write("half.jsonl", "{\"prompt\":\"a\",\"completion\":\"\\ud83d\"}\n");
    let half = told("half.jsonl");
    assert!(half.contains("half of a character") && !half.contains("hex escape"), "{half}");
}

#[test]
fn one_file_named_three_times_is_read_once() {
    let shell = Shell::new();
    let again = shell.path("rows.jsonl");
    let ran = shell.run(&["data", "inspect", "rows.jsonl", "./rows.jsonl", again.to_str().unwrap()]);
    assert!(ran.stdout.contains("24 read, 24 kept"), "{}", ran.stdout);
    assert!(ran.stdout.contains("“rows.jsonl” is named more than once and read once"), "{}", ran.stdout);
}

#[test]
fn all_that_one_click_repairs_is_repaired_into_a_new_file() {
    let shell = Shell::new();
    let row = |number: usize| {
        format!(r#"{{"prompt":"How is it in town {number} today?","completion":"It has {number} degrees."}}"#)
    };
    let mut rows: Vec<String> = (0..24).map(row).collect();
    rows.push(row(3));
    rows.push(r#"{"prompt":"Who do I write to?","completion":"Write to ada@lovelace-labs.net, please."}"#.into());
    shell.write("raw.jsonl", &rows.join("\n"));
    let seen = shell.run(&["data", "inspect", "raw.jsonl"]);
    assert!(seen.stdout.contains("remove 1 row and change 1 row: tunesmith data repair"), "{}", seen.stdout);
    let ran = shell.run(&["data", "repair", "raw.jsonl", "--output", "good.jsonl"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("1 row removed, 1 repaired\nWrote good.jsonl with 25 rows"), "{}", ran.stdout);
    let report = &shell.run(&["data", "inspect", "good.jsonl", "--json"]).lines()[0];
    assert_eq!((&report["rows_kept"], &report["all_repairs"]), (&25.into(), &serde_json::Value::Null));
    let over = shell.run(&["data", "repair", "raw.jsonl", "--output", "raw.jsonl"]);
    assert_eq!(over.code, 1);
    assert!(over.stderr.contains("raw.jsonl exists already"), "{}", over.stderr);
    let again = shell.run(&["data", "repair", "good.jsonl", "--output", "same.csv"]);
    assert!(again.stdout.contains("nothing to repair"), "{}", again.stdout);
}

#[test]
fn what_a_repair_leaves_out_is_told() {
    let shell = Shell::new();
    let row = |number: usize| {
        format!(
            r#"{{"messages":[{{"role":"user","content":"How is town {number}?","mood":"x"}},{{"role":"assistant","content":"It has {number} degrees."}}]}}"#
        )
    };
    let asked = r#"{"messages":[{"role":"user","content":"Is it warm?"}]}"#;
    shell.write("raw.jsonl", &[row(1), "{no".into(), asked.into(), row(2)].join("\n"));
    let ran = shell.run(&["data", "repair", "raw.jsonl", "--output", "good.jsonl"]);
    let told = [
        "1 of 4 rows was left out: example missing assistant message",
        "1 of 4 rows was left out: invalid json",
        "2 rows have messages with keys that are not used: “mood”",
    ];
    assert!(told.iter().all(|line| ran.stdout.lines().any(|said| said == *line)), "{}", ran.stdout);
    let json = &shell.run(&["data", "repair", "raw.jsonl", "--output", "again.jsonl", "--json"]).lines()[0];
    let left_out: Vec<&str> =
        json["left_out"].as_array().unwrap().iter().filter_map(serde_json::Value::as_str).collect();
    assert_eq!((left_out, json["rows_dropped"].as_u64()), (told.to_vec(), Some(2)));
}

#[test]
fn a_tilde_is_understood_where_no_shell_has_replaced_it() {
    let shell = Shell::new();
    let missing = shell.run(&["data", "inspect", "~/no-such-file-of-a-test.jsonl"]);
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.contains("~/no-such-file-of-a-test.jsonl"), "shown as it was typed: {}", missing.stderr);
    let json = shell.run(&["data", "inspect", "~/no-such-file-of-a-test.jsonl", "--json"]);
    let message = json.json()[0]["message"].as_str().unwrap().to_owned();
    assert!(
        !message.contains('~') && message.contains("no-such-file-of-a-test.jsonl"),
        "scripts get the path: {message}"
    );
}
