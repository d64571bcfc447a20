//! `tunesmith eval` and `tunesmith chat`.

use crate::shell::{Shell, run_file};

#[test]
fn eval_prints_one_object() {
    let shell = Shell::new();
    let lines = shell.run(&["eval", "--model", "model", "--data", "rows.jsonl", "--json"]).lines();
    assert_eq!(lines.len(), 1);
    let (loss, perplexity) = (lines[0]["loss"].as_f64().unwrap(), lines[0]["perplexity"].as_f64().unwrap());
    assert!((loss.exp() - perplexity).abs() < 1e-6 * perplexity);
    assert!((2.0..9.0).contains(&loss), "noise knows nothing of 260 tokens: {loss}");
    assert_eq!((&lines[0]["rows"], &lines[0]["learned_tokens"]), (&24.into(), &(10 * 9 + 14 * 10).into()));
}

#[test]
fn an_adapter_lowers_the_loss_it_was_trained_on() {
    let shell = Shell::new();
    let training = ["train", "run.yaml", "--output", "out", "--set", "max_steps=60", "--set", "learning_rate=0.01"];
    assert_eq!(shell.run(&training).code, 0);
    let loss = |arguments: &[&str]| {
        let all = [&["eval", "--model", "model", "--data", "rows.jsonl", "--json"], arguments].concat();
        shell.run(&all).lines()[0]["loss"].as_f64().unwrap()
    };
    let (base, tuned) = (loss(&[]), loss(&["--adapter", "out/result"]));
    assert!(tuned < base - 0.5, "{base} → {tuned}");
}

#[test]
fn a_run_is_measured_as_it_was_trained_wherever_its_result_is_named() {
    let shell = Shell::new();
    let set =
        ["max_steps=4", "quantization=4bit", "learn_from=all", "data.validation=rows.jsonl", "learning_rate=0.01"];
    let set = set.iter().flat_map(|one| ["--set", one]);
    let training: Vec<&str> = ["train", "run.yaml", "--output", "out", "--json"].into_iter().chain(set).collect();
    let ran = shell.run(&training);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let told =
        ran.lines().iter().rev().find_map(|line| (line["type"] == "eval").then(|| line["loss"].as_f64())).unwrap();
    let eval = ["eval", "--model", "model", "--adapter", "out/result", "--data", "rows.jsonl", "--json"];
    let loss = shell.run(&eval).lines()[0]["loss"].as_f64();
    assert!((told.unwrap() - loss.unwrap()).abs() < 1e-3, "{told:?} and {loss:?}");
}

#[test]
fn a_run_is_measured_on_the_columns_that_it_has_learned_from() {
    let shell = Shell::new();
    let rows: String = (0..12).map(|row| format!("{{\"frage\":\"q{row}\",\"antwort\":\"a{row}\"}}\n")).collect();
    shell.write("cols.jsonl", &rows);
    shell.write(
        "cols.yaml",
        &run_file("max_steps: 2").replace("rows.jsonl", "cols.jsonl\n  columns: {prompt: frage, completion: antwort}"),
    );
    for output in [&["--output", "out"][..], &[]] {
        let ran = shell.run(&[&["train", "cols.yaml"], output].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    let eval = |of: &[&str]| shell.run(&[&["eval", "--data", "cols.jsonl", "--json"], of].concat());
    let run = shell.run(&["runs", "list", "--json"]).lines()[0]["id"].as_str().unwrap().to_owned();
    for of in [&["--model", "model", "--adapter", "out/result"][..], &["--run", &run]] {
        let measured = eval(of);
        assert_eq!(measured.code, 0, "{}", measured.stderr);
        assert_eq!(measured.lines()[0]["rows"], 12);
    }
    assert_ne!(eval(&["--model", "model"]).code, 0, "nobody has said what these columns are");
}

#[test]
fn eval_can_print_answers_beside_the_expected_ones() {
    let shell = Shell::new();
    shell.write("two.jsonl", "{\"prompt\":\"a\",\"completion\":\"b\"}\n{\"prompt\":\"c\",\"completion\":\"d\"}\n");
    let lines = shell.run(&["eval", "--model", "model", "--data", "two.jsonl", "--generate", "--json"]).lines();
    assert_eq!(lines.len(), 3);
    assert_eq!((&lines[1]["question"], &lines[1]["expected"]), (&"c".into(), &"d".into()));
    assert!(lines[1]["text"].is_string() && lines[2]["loss"].is_number());
}

#[test]
fn columns_rows_and_keys_that_are_not_used_are_told_wherever_a_file_is_read() {
    let shell = Shell::new();
    let row = |number: usize| {
        format!(
            r#"{{"source":"s","messages":[{{"role":"user","content":"q{number}","mood":"x"}},{{"role":"assistant","content":"a"}}]}}"#
        )
    };
    let rows: Vec<String> = (0..24).map(row).chain(["{no".into()]).collect();
    shell.write("rows.jsonl", &rows.join("\n"));
    let told = [
        "not used: “source”",
        "24 rows have messages with keys that are not used: “mood”",
        "1 of 25 rows was left out: invalid json",
    ];
    for arguments in [
        &["eval", "--model", "model", "--data", "rows.jsonl"][..],
        &["train", "run.yaml", "--set", "max_steps=1"],
        &["train", "run.yaml", "--output", "out", "--set", "max_steps=1"],
    ] {
        let ran = shell.run(arguments);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        let missing: Vec<&&str> = told.iter().filter(|said| all.matches(**said).count() != 1).collect();
        assert!(missing.is_empty(), "{arguments:?} says {missing:?} not or twice: {all}");
    }
}

#[test]
fn eval_asks_rows_with_their_tools_and_expects_the_calls_in_them() {
    let shell = Shell::new();
    // A template that knows nothing to do without tools, and cannot show a call without them either.
    let template = "{% if not tools %}{{ raise_exception('which tools?') }}{% endif %}{{ tools | length }}\
        {% for m in messages %}<|{{ m.role }}|>{{ m.content }}\
        {% for c in m.tool_calls or [] %}{{ c.function.name }}({{ c.function.arguments | tojson }}){% endfor %}<|end|>\
        {% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";
    shell.write("model/chat_template.jinja", template);
    let row = |answer: &str| {
        format!(
            r#"{{"messages":[{{"role":"user","content":"Sun?"}},{answer}],"tools":[{{"type":"function","function":{{"name":"sun"}}}}]}}"#
        )
    };
    let call = r#"{"role":"assistant","content":null,"tool_calls":[{"type":"function","function":{"name":"sun","arguments":"{\"in\":\"Ulm\"}"}}]}"#;
    let words = r#"{"role":"assistant","content":"Yes"}"#;
    shell.write("tools.jsonl", &format!("{}\n{}\n", row(call), row(words)));
    let lines = shell.run(&["eval", "--model", "model", "--data", "tools.jsonl", "--generate", "--json"]).lines();
    assert_eq!(lines.len(), 3);
    assert_eq!((&lines[0]["expected"], &lines[0]["question"]), (&r#"sun({"in": "Ulm"})"#.into(), &"Sun?".into()));
    assert_eq!(lines[1]["expected"], "Yes");
}

#[test]
fn chat_answers_once_as_json() {
    let shell = Shell::new();
    let ask = ["chat", "--model", "model", "--prompt", "Hello", "--max-new-tokens", "5", "--json"];
    let lines = shell.run(&ask).lines();
    assert_eq!(lines.len(), 1);
    let answer = &lines[0];
    assert!(answer["text"].is_string() && answer["tokens_per_second"].is_number());
    assert_eq!(answer["prompt_tokens"], 3 + 5, "<|user|>Hello<|end|><|assistant|>");
    assert!(answer["completion_tokens"].as_u64().unwrap() <= 5);
    assert!(["length", "end"].contains(&answer["stop_reason"].as_str().unwrap()));
    assert_eq!(shell.run(&ask).lines()[0]["text"], answer["text"], "greedy is the same every time");
}

#[test]
fn chat_and_eval_tell_what_is_to_be_known_of_their_models() {
    let shell = Shell::new();
    let trained = |more: &[&str]| {
        let ran = shell.run(&[&["train", "run.yaml", "--set", "max_steps=1", "--output"], more].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stderr
    };
    let few = "Only 1 step";
    assert!(trained(&["out"]).contains(few), "what the home says before a run");
    shell.write("out/result/chat_template.jinja", "{{ messages }}");
    let hides = "{% for m in messages if m.role != 'system' %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}\
        {% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}";
    shell.write("model/chat_template.jinja", hides);
    let model = ["--model", "model", "--adapter", "out/result"];
    let chat =
        shell.run(&[&["chat", "--system", "Be brief", "--prompt", "Hi", "--max-new-tokens", "2"], &model[..]].concat());
    let eval = shell.run(&[&["eval", "--data", "rows.jsonl"], &model[..]].concat());
    for ran in [&chat, &eval] {
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains("tokenizer_config.json has another chat template"), "{}", ran.stderr);
        assert!(ran.stderr.contains("The adapter's folder has another chat template"), "{}", ran.stderr);
    }
    assert!(chat.stderr.contains("does not see 1 system message"), "{}", chat.stderr);
    let more = trained(&["more", "--set", "init_adapter=out/result"]);
    assert!(more.contains("The adapter's folder has another chat template") && more.contains(few), "{more}");
}

#[test]
fn a_base_model_beside_a_run_of_a_whole_model_is_refused() {
    let shell = Shell::new();
    assert_eq!(shell.run(&["train", "run.yaml", "--set", "max_steps=1", "--set", "method=full"]).code, 0);
    let runs = shell.run(&["runs", "list", "--json"]).lines();
    let id = runs[0]["id"].as_str().unwrap();
    for arguments in [&["chat", "--prompt", "Hi"][..], &["eval", "--data", "rows.jsonl"]] {
        let ran = shell.run(&[arguments, &["--run", id, "--model", "model"]].concat());
        assert_eq!(ran.code, 1, "{}", ran.stdout);
        assert!(ran.stderr.contains("needs no base model"), "{}", ran.stderr);
    }
}

#[test]
fn an_empty_prompt_is_wrong_usage() {
    let shell = Shell::new();
    for prompt in ["", " \n"] {
        let ran = shell.run(&["chat", "--model", "model", "--prompt", prompt]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains("--prompt is empty"), "{}", ran.stderr);
    }
}

#[test]
fn chat_holds_a_conversation_line_by_line() {
    let shell = Shell::new();
    let ask = ["chat", "--model", "model", "--system", "Be brief.", "--max-new-tokens", "3", "--json"];
    let lines = shell.run_with(&ask, "one\n\ntwo\n/clear\nsix\n/exit\nnever\n").lines();
    assert_eq!(lines.len(), 3);
    let read = |line: usize| lines[line]["prompt_tokens"].as_u64().unwrap();
    assert!(read(1) > read(0), "what was said before is read again");
    assert_eq!(read(2), read(0), "cleared, with the system prompt kept");
}

#[test]
fn chat_leaves_out_the_oldest_messages_of_a_full_context_and_says_so() {
    let shell = Shell::new();
    let ask = ["chat", "--model", "model", "--max-new-tokens", "3", "--json"];
    let question = "x".repeat(150);
    let ran = shell.run_with(&ask, &format!("{question}\n").repeat(4));
    let unread: Vec<u64> = ran.lines().iter().map(|line| line["unread_messages"].as_u64().unwrap()).collect();
    assert_eq!(unread[..3], [0, 0, 0], "512 tokens hold three");
    assert!(unread[3] >= 2, "{unread:?}");
    let told = format!("(the first {} messages no longer fit and are not read)", unread[3]);
    assert!(ran.stderr.contains(&told), "{}", ran.stderr);
}

#[test]
fn a_repetition_penalty_changes_the_answer_and_has_a_range() {
    let shell = Shell::new();
    let say = |penalty: &str| {
        let ask = ["chat", "--model", "model", "--prompt", "Hello", "--max-new-tokens", "40", "--json"];
        shell.run(&[&ask[..], &["--repetition-penalty", penalty]].concat())
    };
    assert_ne!(say("2").lines()[0]["text"], say("1").lines()[0]["text"]);
    let wrong = say("0.5");
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("--repetition-penalty must be from 1 to 2"), "{}", wrong.stderr);
}

#[test]
fn chat_writes_plain_text_to_stdout_for_pipes() {
    let shell = Shell::new();
    let plain = shell.run(&["chat", "--model", "model", "--prompt", "Hello", "--max-new-tokens", "5"]);
    let json = shell.run(&["chat", "--model", "model", "--prompt", "Hello", "--max-new-tokens", "5", "--json"]).lines();
    assert_eq!(plain.code, 0, "{}", plain.stderr);
    assert_eq!(plain.stdout.trim_end_matches('\n'), json[0]["text"].as_str().unwrap().trim_end_matches('\n'));
}

#[test]
fn what_cannot_be_loaded_is_named() {
    let shell = Shell::new();
    std::fs::create_dir(shell.path("empty")).unwrap();
    let empty = shell.run(&["chat", "--model", "empty", "--prompt", "x"]);
    assert_eq!(empty.code, 1);
    assert!(empty.stderr.contains("empty"), "{}", empty.stderr);
    let adapter = shell.run(&["chat", "--model", "model", "--adapter", "empty", "--prompt", "x"]);
    assert_eq!(adapter.code, 1);
    assert!(adapter.stderr.contains("adapter"), "{}", adapter.stderr);
    assert_eq!(shell.run(&["chat", "--run", "nothing", "--prompt", "x"]).code, 1);
}

#[test]
fn sampling_out_of_range_is_wrong_usage() {
    let shell = Shell::new();
    for wrong in [["--temperature=-1"], ["--top-p=0"], ["--top-p=1.5"], ["--max-new-tokens=0"], ["--temperature=NaN"]] {
        let all = [&["chat", "--model", "model", "--prompt", "x"][..], &wrong].concat();
        assert_eq!(shell.run(&all).code, 2, "{wrong:?}");
    }
}

#[test]
fn the_demo_tunes_compares_and_scores() {
    let shell = Shell::new();
    let ran =
        shell.run(&["demo", "contacts", "--model", "model", "--output", "kept", "--json", "--table", "table.json"]);
    let lines = ran.lines();
    assert_eq!(lines[0]["type"], "plan");
    let scores = lines.last().unwrap();
    assert_eq!((&scores["type"], &scores["base"]["rows"]), (&"scores".into(), &100.into()));
    assert_eq!((&scores["sample"], &scores["preset"]), (&"contacts".into(), &"balanced".into()), "for another model");
    assert!((0.0..=1.0).contains(&scores["tuned"]["f1"].as_f64().unwrap()));
    let table: serde_json::Value = serde_json::from_slice(&std::fs::read(shell.path("table.json")).unwrap()).unwrap();
    assert_eq!(table[0]["tuned"], scores["tuned"]);
    assert_eq!(table[0]["fingerprint"].as_str().map(str::len), Some(64));
    let done = lines.iter().find(|line| line["type"] == "done").unwrap();
    let adapter = std::path::Path::new(done["adapter"].as_str().unwrap());
    assert!(adapter.starts_with(shell.path("kept")) && adapter.join("adapter_model.safetensors").is_file());
    for word in ["Base model", "Tuned model", "Expected", "Token F1", "Exactly right"] {
        assert!(ran.stderr.contains(word), "{word} in {}", ran.stderr);
    }
    // The model of noise learns nothing in so short a time, and what was trained is there already.
    let ran = shell.run(&["demo", "contacts", "--model", "model", "--output", "kept", "--check"]);
    assert!(ran.code == 1 && ran.stderr.contains("too few held-out rows are right"), "{} {}", ran.code, ran.stderr);
}

#[test]
fn the_demo_knows_its_samples_and_presets() {
    let shell = Shell::new();
    let ran = shell.run(&["demo", "poems"]);
    assert!(ran.code == 2 && ran.stderr.contains("There are recipes, tickets, contacts, support"), "{}", ran.stderr);
    let ran = shell.run(&["demo", "contacts", "--model", "model", "--preset", "swift"]);
    assert!(ran.code == 2 && ran.stderr.contains("There is no preset “swift”"), "{}", ran.stderr);
}

#[test]
fn eval_says_which_rows_the_template_refuses() {
    let shell = Shell::new();
    let template = "{% for m in messages %}{% if '7' in m.content %}{{ raise_exception('no sevens') }}{% endif %}\
        <|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";
    shell.write("model/chat_template.jinja", template);
    let ran = shell.run(&["eval", "--model", "model", "--data", "rows.jsonl"]);
    let told = "2 of 24 rows are left out; the first: line 8 of rows.jsonl: The model's chat template refuses this conversation: no sevens";
    assert!(ran.code == 0 && ran.stderr.contains(told), "{}", ran.stderr);
    let lines = shell.run(&["eval", "--model", "model", "--data", "rows.jsonl", "--json"]).lines();
    assert_eq!((&lines[0]["type"], &lines[0]["rows"], &lines[1]["rows"]), (&"refused".into(), &2.into(), &22.into()));
}
