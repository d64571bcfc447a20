//! `tunesmith models template`.

use serde_json::{Value, json};

use crate::shell::Shell;

const SHOUT: &str = "{% for m in messages %}{{ m.role | upper }}: {{ m.content }}{{ eos_token }}\n{% endfor %}";

/// A shell whose model brings no chat template, and the id of that model.
fn bare() -> (Shell, String) {
    let shell = Shell::new();
    shell.write("model/tokenizer_config.json", r#"{"eos_token": "<|end|>"}"#);
    let added = shell.run(&["models", "add", "model", "--json"]).lines().remove(0);
    let id = added["id"].as_str().unwrap().to_owned();
    (shell, id)
}

fn tokens(shell: &Shell, model: &str) -> u64 {
    let ran = shell.run(&["data", "inspect", "rows.jsonl", "--model", model, "--json"]);
    ran.lines()[0]["tokens"]["tokens"].as_u64().unwrap()
}

#[test]
fn a_template_is_shown_chosen_and_taken_back() {
    let (shell, id) = bare();
    let shown = shell.run(&["models", "template", &id]);
    for part in [
        "has no chat template. In its place: Plain lines",
        "User: What colour is grass?",
        "chatml",
        "alpaca",
        "not single",
    ] {
        assert!(shown.stdout.contains(part), "{part} in {}", shown.stdout);
    }
    let plain = tokens(&shell, &id);
    let chosen = shell.run(&["models", "template", &id, "alpaca"]);
    assert!(chosen.code == 0 && chosen.stdout.contains("Alpaca"), "{} {}", chosen.stdout, chosen.stderr);
    assert!(tokens(&shell, &id) > plain && tokens(&shell, "model") > plain, "by its id and by its path");
    assert!(shell.run(&["models", "list"]).stdout.contains("chat template chosen by you: Alpaca"));
    let known = shell.run(&["models", "template", &id, "--json"]).lines().remove(0);
    assert_eq!(known["chosen"], json!({"kind": "ready_made", "name": "alpaca"}));
    assert_eq!(shell.run(&["train", "run.yaml", "--output", "trained"]).code, 0);
    let template = std::fs::read_to_string(shell.path("trained/result/chat_template.jinja")).unwrap();
    assert!(template.contains("### Response:"), "{template}");
    assert_eq!(shell.run(&["models", "template", &id, "--none"]).code, 0);
    assert_eq!(tokens(&shell, &id), plain);
}

#[test]
fn a_file_with_a_mistake_is_refused_with_its_reason_and_nothing_is_kept() {
    let (shell, id) = bare();
    shell.write("broken.jinja", "{% for m in messages %}");
    let ran = shell.run(&["models", "template", &id, "--file", "broken.jinja", "--json"]);
    assert!(ran.code == 1 && ran.stderr.contains("line 1"), "{} {}", ran.code, ran.stderr);
    assert_eq!(shell.run(&["models", "template", &id, "--json"]).lines()[0]["chosen"], Value::Null);
    assert_eq!(shell.run(&["models", "template", &id, "--file", "nowhere.jinja"]).code, 1);
    shell.write("shout.jinja", SHOUT);
    let ran = shell.run(&["models", "template", &id, "--file", "shout.jinja", "--json"]).lines().remove(0);
    assert_eq!(ran["chosen_template"], "your own");
}

#[test]
fn a_model_with_a_template_of_its_own_takes_no_other() {
    let shell = Shell::new();
    let id = shell.run(&["models", "add", "model", "--json"]).lines()[0]["id"].as_str().unwrap().to_owned();
    assert!(shell.run(&["models", "template", &id]).stdout.contains("brings its own chat template"));
    let refused = shell.run(&["models", "template", &id, "gemma"]);
    assert!(refused.code == 1 && refused.stderr.contains("brings its own chat template"), "{}", refused.stderr);
    assert_eq!(shell.run(&["models", "template", &id, "vicuna"]).code, 2, "there is no such template");
}
