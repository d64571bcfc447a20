//! `tunesmith train` and `tunesmith runs resume`.

use crate::shell::{Shell, run_file, text};

#[test]
fn the_events_of_a_run_come_in_order() {
    let shell = Shell::new();
    let ran = shell.run(&["train", "run.yaml", "--output", "out", "--json"]);
    let events = ran.lines();
    let types = ran.types();
    assert_eq!(types.first().map(String::as_str), Some("plan"));
    assert_eq!(types.last().map(String::as_str), Some("done"));
    let plan = &events[0];
    assert_eq!((&plan["rows"], &plan["steps"], &plan["lora_rank"]), (&18.into(), &6.into(), &4.into()));
    assert!(plan["learned_tokens"].as_u64().unwrap() > 0 && plan["device"] == "cpu", "{plan}");
    let steps: Vec<u64> =
        events.iter().filter(|event| event["type"] == "step").map(|event| event["step"].as_u64().unwrap()).collect();
    assert_eq!(steps, [1, 2, 3, 4, 5, 6]);
    let step = events.iter().find(|event| event["type"] == "step").unwrap();
    for key in ["epoch", "loss", "learning_rate", "grad_norm", "learned_tokens", "tokens_per_second", "elapsed_ms"] {
        assert!(step[key].is_number(), "{key} in {step}");
    }
    let eval = events.iter().find(|event| event["type"] == "eval").unwrap();
    assert!((eval["loss"].as_f64().unwrap().exp() - eval["perplexity"].as_f64().unwrap()).abs() < 1e-9);
    assert!(types.iter().filter(|kind| *kind == "checkpoint").count() >= 3, "{types:?}");
    let adapter = events.last().unwrap()["adapter"].as_str().unwrap();
    assert!(std::path::Path::new(adapter).join("adapter_model.safetensors").is_file());
    assert!(
        types.iter().all(|kind| ["plan", "step", "eval", "checkpoint", "done"].contains(&kind.as_str())),
        "{types:?}"
    );
}

#[test]
fn full_training_makes_a_model() {
    let shell = Shell::new();
    let events = shell.run(&["train", "run.yaml", "--set", "method=full", "--output", "out", "--json"]).lines();
    let model = events.last().unwrap()["model"].as_str().unwrap();
    assert!(std::path::Path::new(model).join("model.safetensors").is_file());
    let chat = shell.run(&["chat", "--model", model, "--prompt", "Say 3", "--max-new-tokens", "4", "--json"]).lines();
    assert!(chat[0]["completion_tokens"].as_u64().unwrap() <= 4);
}

#[test]
fn a_typo_in_a_run_file_names_its_line_and_the_nearest_key() {
    let shell = Shell::new();
    shell.write("typo.yaml", &run_file("learning_rte: 1.0e-3"));
    let ran = shell.run(&["train", "typo.yaml", "--output", "out", "--json"]);
    assert_eq!(ran.code, 1);
    let error = &ran.json()[0];
    let told = format!("{} {}", error["message"], error["hint"]);
    assert!(told.contains("9") && told.contains("learning_rte") && told.contains("learning_rate"), "{told}");
    assert!(!shell.path("out").exists(), "nothing was made");
}

#[test]
fn set_overrides_the_run_file() {
    let shell = Shell::new();
    let set = [
        "train",
        "run.yaml",
        "--output",
        "out",
        "--json",
        "--set",
        "max_steps=2",
        "--set",
        "training.seed=7",
        "--set",
        "target_modules=[q_proj, v_proj]",
    ];
    let plan = &shell.run(&set).lines()[0];
    assert_eq!((&plan["steps"], &plan["seed"]), (&2.into(), &7.into()));
    assert_eq!(plan["target_modules"], serde_json::json!(["q_proj", "v_proj"]));
}

#[test]
fn a_wrong_set_is_wrong_usage() {
    let shell = Shell::new();
    let typo = shell.run(&["train", "run.yaml", "--set", "epoch=2"]);
    assert_eq!(typo.code, 2);
    assert!(typo.stderr.contains("epochs"), "the nearest key: {}", typo.stderr);
    assert_eq!(shell.run(&["train", "run.yaml", "--set", "epochs"]).code, 2);
    let range = shell.run(&["train", "run.yaml", "--set", "epochs=-1"]);
    assert_eq!(range.code, 2);
    assert!(range.stderr.contains("Epochs must be"), "{}", range.stderr);
    let part = shell.run(&["train", "run.yaml", "--set", "validation=0.2"]);
    assert!(part.stderr.contains("did you mean data.validation?"), "{}", part.stderr);
}

#[test]
fn a_folder_that_holds_a_run_is_refused_unless_resumed() {
    let shell = Shell::new();
    assert_eq!(shell.run(&["train", "run.yaml", "--output", "out"]).code, 0);
    let again = shell.run(&["train", "run.yaml", "--output", "out"]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("--resume"), "{}", again.stderr);
    let changed = shell.run(&["train", "run.yaml", "--output", "out", "--resume", "--set", "seed=1"]);
    assert_eq!(changed.code, 1);
    assert!(changed.stderr.contains("seed"), "the difference is named: {}", changed.stderr);
}

#[test]
fn resume_without_a_checkpoint_starts_at_step_0() {
    let shell = Shell::new();
    let ran = shell.run(&["train", "run.yaml", "--output", "fresh", "--resume", "--json"]);
    assert_eq!(ran.lines().iter().filter(|event| event["type"] == "step").count(), 6);
}

#[test]
fn ctrl_c_saves_and_resume_goes_on_from_there() {
    let shell = Shell::new();
    shell.write("long.yaml", &run_file("max_steps: 4000\n  save_every: 4000\n  eval_every: 4000"));
    let mut running = shell.start(&["train", "long.yaml", "--output", "out", "--json"]);
    running.until("step");
    running.interrupt();
    let stopped = running.until("stopped");
    assert_eq!(running.end().code(), Some(130));
    let step = stopped["step"].as_u64().unwrap();
    assert!(std::path::Path::new(stopped["checkpoint"].as_str().unwrap()).join("adapter_model.safetensors").is_file());

    let mut running = shell.start(&["train", "long.yaml", "--output", "out", "--resume", "--json"]);
    let first = running.until("step");
    assert_eq!(first["step"].as_u64().unwrap(), step + 1, "no step is lost");
    running.interrupt();
    running.until("stopped");
    assert_eq!(running.end().code(), Some(130));
}

#[cfg(target_os = "linux")]
#[test]
fn a_closed_terminal_saves_like_ctrl_c() {
    let shell = Shell::new();
    shell.write("long.yaml", &run_file("max_steps: 4000\n  save_every: 4000\n  eval_every: 4000"));
    for arguments in [&["train", "long.yaml", "--output", "out", "--json"][..], &["train", "long.yaml", "--json"]] {
        let mut running = shell.start_in_a_terminal(arguments);
        running.until("step");
        running.close_the_terminal();
        let stopped = running.until("stopped");
        assert_eq!(running.end().code(), Some(130));
        let checkpoint = std::path::Path::new(stopped["checkpoint"].as_str().unwrap());
        assert!(checkpoint.join("adapter_model.safetensors").is_file());
    }
}

#[test]
fn a_second_ctrl_c_leaves_at_once() {
    let shell = Shell::new();
    shell.write("long.yaml", &run_file("max_steps: 4000"));
    let mut running = shell.start(&["train", "long.yaml", "--output", "out", "--json"]);
    running.until("step");
    running.interrupt();
    running.interrupt();
    assert_eq!(running.end().code(), Some(130));
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn the_threads_of_a_training_share_their_heaps() {
    let shell = Shell::new();
    shell.write("long.yaml", &run_file("max_steps: 4000"));
    let mut running = shell.start(&["train", "long.yaml", "--json"]);
    running.until("step");
    assert!(running.further_heaps() <= 1, "{} heaps", running.further_heaps());
    running.interrupt();
    running.end();
}

#[test]
fn a_run_in_the_home_is_listed_shown_stopped_resumed_and_removed() {
    let shell = Shell::new();
    shell.write("long.yaml", &run_file("max_steps: 4000\n  eval_every: 4000"));
    let mut running = shell.start(&["train", "long.yaml", "--json"]);
    running.until("step");
    // The trainer owns the home: these talk to it.
    let listed = shell.run(&["runs", "list", "--json"]).lines();
    assert_eq!((listed.len(), listed[0]["status"]["state"].as_str()), (1, Some("running")));
    let id = listed[0]["id"].as_str().unwrap();
    assert_eq!(shell.run(&["runs", "stop", id]).code, 0);
    running.until("stopped");
    assert_eq!(running.end().code(), Some(0), "it was not interrupted here");

    let shown = &shell.run(&["runs", "show", &id[..id.len() - 1], "--json"]).lines()[0];
    assert_eq!(shown["status"]["state"], "stopped");
    let step = shown["step"].as_u64().unwrap();
    let mut resumed = shell.start(&["runs", "resume", id, "--json"]);
    assert_eq!(resumed.until("step")["step"].as_u64().unwrap(), step + 1);
    resumed.interrupt();
    resumed.until("stopped");
    assert_eq!(resumed.end().code(), Some(130));

    let chat = shell.run(&["chat", "--run", id, "--prompt", "Say 1", "--max-new-tokens", "3", "--json"]).lines();
    assert_eq!(chat.len(), 1);
    assert_eq!(shell.run(&["runs", "remove", id]).code, 0);
    assert!(shell.run(&["runs", "list", "--json"]).lines().is_empty());
    assert_eq!(shell.run(&["runs", "show", id, "--json"]).code, 1);
}

#[test]
fn training_twice_on_the_same_rows_keeps_one_dataset() {
    let shell = Shell::new();
    for seed in ["1", "2"] {
        let set = format!("seed={seed}");
        let ran = shell.run(&["train", "run.yaml", "--set", "max_steps=1", "--set", &set, "--json"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    let runs = shell.run(&["runs", "list", "--json"]).lines();
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0]["dataset"], runs[1]["dataset"]);
    assert_eq!(std::fs::read_dir(shell.path("home/datasets")).unwrap().count(), 1);
    assert_eq!(std::fs::read_dir(shell.path("home/bin")).unwrap().count(), 0, "and no copy lies in the bin");
}

#[test]
fn a_model_that_does_not_exist_is_an_error() {
    let shell = Shell::new();
    for arguments in [
        &["train", "run.yaml", "--set", "base_model=nothing", "--json"][..],
        &["train", "run.yaml", "--set", "base_model=nothing", "--output", "out", "--json"],
    ] {
        let ran = shell.run(arguments);
        assert_eq!((ran.code, ran.json()[0]["code"].as_str()), (1, Some("not_found")), "{}", ran.stderr);
        assert!(ran.stderr.contains("nothing"));
    }
}

#[test]
fn an_empty_dataset_is_an_error_that_says_so() {
    let shell = Shell::new();
    let empty = shell.write("empty.jsonl", "");
    let ran = shell.run(&["train", "run.yaml", "--output", "out", "--set", &format!("data.path={}", text(&empty))]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("empty.jsonl") && ran.stderr.contains("empty"), "{}", ran.stderr);
}

#[test]
fn a_run_file_can_name_a_dataset_of_the_home_and_its_version() {
    let shell = Shell::new();
    let first = shell.run(&["train", "run.yaml", "--json"]).lines();
    let files = std::fs::read_to_string(shell.path("run.yaml")).unwrap();
    let (before, after) = (files.split("data:").next().unwrap(), files.split("training:").nth(1).unwrap());
    shell.write("named.yaml", &format!("{before}data:\n  dataset: rows\n  version: 1\ntraining:{after}"));
    for output in [&["--output", "out"][..], &[]] {
        let events = shell.run(&[&["train", "named.yaml", "--json"], output].concat()).lines();
        let plan = |events: &[serde_json::Value]| events.iter().find(|event| event["type"] == "plan").cloned().unwrap();
        assert_eq!(plan(&events)["rows"], plan(&first)["rows"], "{output:?}");
        assert_eq!(plan(&events)["learned_tokens"], plan(&first)["learned_tokens"], "{output:?}");
    }
    let frozen: serde_json::Value =
        serde_json::from_slice(&std::fs::read(shell.path("out/run.json")).unwrap()).unwrap();
    assert_eq!((&frozen["dataset_name"], &frozen["dataset_version"]), (&"rows".into(), &1.into()));

    let refused = |arguments: &[&str]| {
        let ran = shell.run(&[&["train", "named.yaml", "--output", "other"], arguments].concat());
        assert_ne!(ran.code, 0, "{arguments:?}");
        ran.stderr
    };
    assert!(refused(&["--set", "data.version=9"]).contains("no version 9"));
    assert!(refused(&["--set", "data.dataset=songs"]).contains("no dataset “songs”"));
    assert!(refused(&["--set", "data.format=chat"]).contains("names a dataset"));
    let files = format!("data.path={}", text(&shell.path("rows.jsonl")));
    assert_eq!(shell.run(&["train", "named.yaml", "--output", "files", "--set", &files, "--json"]).code, 0);
}

#[test]
fn what_is_not_learned_of_rows_is_told() {
    let shell = Shell::new();
    let judged = |row: usize| {
        format!(r#"{{"prompt":"Say {row}","completion":"It is {row}.","label":{}}}"#, row.is_multiple_of(2))
    };
    let compared = |row: usize| format!(r#"{{"prompt":"Say {row}","chosen":"It is {row}.","rejected":"No."}}"#);
    let lines = |row: &dyn Fn(usize) -> String| (0..20).map(row).collect::<Vec<_>>().join("\n");
    shell.write("judged.jsonl", &lines(&judged));
    shell.write("compared.jsonl", &lines(&compared));
    let told = |arguments: &[&str]| {
        let ran = shell.run(arguments);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        format!("{}{}", ran.stdout, ran.stderr)
    };
    let trained = |data: &str, more: &[&str]| {
        let data = format!("data.path={data}");
        told(&[&["train", "run.yaml", "--set", "max_steps=2", "--set", &data], more].concat())
    };
    let two = "20 rows have two answers: only the better one (chosen) is learned";
    for place in [&["--output", "out"][..], &[]] {
        let output = |name: &str| if place.is_empty() { vec![] } else { vec!["--output".to_owned(), name.to_owned()] };
        let of = |data: &str| {
            let output = output(data.trim_end_matches(".jsonl"));
            trained(data, &output.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let judged = of("judged.jsonl");
        assert!(judged.contains("10 of 20 rows are answers judged bad and are left out"), "{judged}");
        let compared = of("compared.jsonl");
        assert!(compared.contains(two), "{compared}");
    }
    let eval = |data: &str| told(&["eval", "--model", "model", "--data", data]);
    assert!(eval("judged.jsonl").contains("10 of 20 rows are answers judged bad and are left out"));
    assert!(eval("compared.jsonl").contains("20 rows have two answers: only the better one (chosen) is measured"));
    let inspected = told(&["data", "inspect", "compared.jsonl"]);
    assert!(inspected.contains("a run learns only the better one (chosen)"), "{inspected}");
}

#[test]
fn what_was_left_out_of_a_file_is_told_before_a_run() {
    let shell = Shell::new();
    let row = |row: usize| format!(r#"{{"prompt":"Say {row}","completion":"It is {row}.","images":["{row}.png"]}}"#);
    let rows: Vec<String> = (0..20).map(row).chain([r#"{"prompt":"","completion":"Nothing."}"#.to_owned()]).collect();
    shell.write("odd.jsonl", &rows.join("\n"));
    for output in [&["--output", "out"][..], &[]] {
        let set = ["--set", "max_steps=1", "--set", "data.path=odd.jsonl"];
        let ran = shell.run(&[&["train", "run.yaml"], output, &set[..]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains("1 of 21 rows was left out: "), "{}", ran.stderr);
        assert!(ran.stderr.contains("images"), "a column that nothing reads: {}", ran.stderr);
    }
    // Then the home has these rows already.
    assert_eq!(shell.run(&["train", "run.yaml", "--set", "max_steps=1"]).code, 0);
    let mistyped = run_file("max_steps: 1").replace("rows.jsonl", "rows.jsonl\n  columns: {system: nosuch}");
    shell.write("mistyped.yaml", &mistyped);
    for output in [&["--output", "mistyped"][..], &[]] {
        let ran = shell.run(&[&["train", "mistyped.yaml"], output].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains("No row looked at has the chosen “nosuch”"), "{}", ran.stderr);
    }
}

#[test]
fn held_out_rows_that_are_also_learned_are_told() {
    let shell = Shell::new();
    for output in [&["--output", "out"][..], &[]] {
        let set = ["--set", "max_steps=2", "--set", "data.validation=rows.jsonl"];
        let ran = shell.run(&[&["train", "run.yaml"], output, &set[..]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains("24 of 24 held-out rows are also learned"), "{}", ran.stderr);
        let ran = shell.run(&["train", "run.yaml", "--output", "apart", "--set", "max_steps=1"]);
        assert!(!ran.stderr.contains("also learned"), "{}", ran.stderr);
        std::fs::remove_dir_all(shell.path("apart")).unwrap();
    }
}

#[test]
fn damaged_rows_are_read_again_from_their_file_and_that_is_said() {
    let shell = Shell::new();
    shell.run(&["train", "run.yaml", "--set", "max_steps=1", "--json"]).lines();
    let datasets = shell.path("home/datasets");
    let rows = std::fs::read_dir(&datasets).unwrap().next().unwrap().unwrap().path().join("rows.jsonl");
    let mut bytes = std::fs::read(&rows).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&rows, bytes).unwrap();
    let ran = shell.run(&["train", "run.yaml", "--set", "max_steps=1", "--json"]);
    assert!(ran.code == 0 && ran.stderr.contains("were damaged, and were read again"), "{}", ran.stderr);
    assert_eq!(std::fs::read_dir(datasets).unwrap().count(), 1, "it is the same dataset");
    let again = shell.run(&["train", "run.yaml", "--set", "max_steps=1", "--json"]);
    assert!(again.code == 0 && !again.stderr.contains("damaged"), "{}", again.stderr);
}
