//! Strangers' templates and tokenizers run in a process that nothing else depends on.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tunesmith_data::{Example, Message, Render, RenderError, RenderWorker, Renderer};
use tunesmith_protocol::LearnFrom;

use crate::shell::Shell;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tunesmith");

fn work(folder: &Path) -> Result<RenderWorker, RenderError> {
    RenderWorker::open(Path::new(PROGRAM), folder, None)
}

fn asked(text: &str) -> Vec<Message> {
    vec![Message::new("user", text)]
}

/// Changes the shell's model.
fn with_template(shell: &Shell, template: &str) {
    shell.write("model/chat_template.jinja", template);
}

fn with_normalizer(shell: &Shell, normalizers: Vec<Value>) {
    let text = std::fs::read_to_string(shell.path("model/tokenizer.json")).unwrap();
    let mut tokenizer: Value = serde_json::from_str(&text).unwrap();
    tokenizer["normalizer"] = json!({"type": "Sequence", "normalizers": normalizers});
    shell.write("model/tokenizer.json", &tokenizer.to_string());
}

fn replace(pattern: &str, content: &str) -> Value {
    json!({"type": "Replace", "pattern": {"String": pattern}, "content": content})
}

/// The most memory this process ever had, in MB.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or(0) >> 10
}

#[test]
fn a_worker_makes_the_tokens_that_a_renderer_makes() {
    let shell = Shell::new();
    let (worker, renderer) = (work(&shell.path("model")).unwrap(), Renderer::open(&shell.path("model"), None).unwrap());
    let examples: Vec<Example> = ["It is 1.", " é\n\"😀\" ", "\u{0}"]
        .iter()
        .map(|answer| Example::chat(vec![Message::new("user", "Say"), Message::new("assistant", *answer)]))
        .chain([Example::Text { text: "plain".into() }, Example::Text { text: "\n7 words".repeat(1 << 18) }])
        .collect();
    let theirs = worker.rows(&examples, LearnFrom::Assistant).unwrap();
    for (example, theirs) in examples.iter().zip(theirs) {
        assert_eq!(theirs.unwrap(), renderer.row(example, LearnFrom::Assistant).unwrap());
    }
    for example in &examples[..4] {
        let xray = worker.xray(example, LearnFrom::Assistant).unwrap();
        assert_eq!(xray, renderer.xray(example, LearnFrom::Assistant).unwrap());
    }
    let prompt = worker.prompt(&asked("Say 😀"), &[]).unwrap();
    assert_eq!(prompt, renderer.prompt(&asked("Say 😀"), &[]).unwrap());
    assert_eq!(worker.decode(&prompt).unwrap(), renderer.decode(&prompt).unwrap());
    let (context, ids) = prompt.split_at(2);
    assert_eq!(worker.decode_after(context, ids).unwrap(), renderer.decode_after(context, ids).unwrap());
    assert_eq!(worker.end_tokens(), renderer.end_tokens());
    let worker: &dyn Render = &worker;
    let mut stream = worker.stream();
    let parts: Vec<String> = prompt.iter().filter_map(|id| stream.push(*id).unwrap()).collect();
    assert_eq!(parts.concat(), renderer.decode(&prompt).unwrap());
}

#[test]
fn a_worker_renders_with_a_chosen_template_and_offers_what_a_renderer_offers() {
    let shell = Shell::new();
    shell.write("model/tokenizer_config.json", r#"{"eos_token": "<|end|>"}"#);
    let (model, chosen) = (shell.path("model"), shell.write("chosen.jinja", "{{ messages[0].content }}?"));
    let worker = RenderWorker::open(Path::new(PROGRAM), &model, Some(&chosen)).unwrap();
    assert_eq!(worker.written(&asked("Say 1"), true).unwrap(), "Say 1?");
    assert_eq!(worker.ready_made().unwrap(), Renderer::open(&model, None).unwrap().ready_made().unwrap());
}

/// The bombs against which an interpreter's own counting of work does not help by itself.
#[test]
fn template_bombs_are_answered_in_time_and_in_little_memory() {
    let shell = Shell::new();
    let bombs = [
        "{% set n = namespace(t='xxxxxxxx') %}{% for i in range(60) %}{% set n.t = n.t.replace('x', 'xx') %}{% endfor %}{{ n.t }}",
        "{% set n = namespace(t='xxxxxxxx') %}{% for i in range(60) %}{% set n.t = n.t ~ n.t %}{% endfor %}{{ n.t }}",
        "{{ 'x' | indent(2000000000) }}",
        "{{ '%999999999d' | format(1) }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
        "{% set n = namespace(l=[1]) %}{% for i in range(60) %}{% set n.l = n.l + n.l %}{% endfor %}{{ n.l | length }}",
    ];
    for bomb in bombs {
        with_template(&shell, bomb);
        let start = Instant::now();
        match work(&shell.path("model")).and_then(|worker| worker.prompt(&asked("x"), &[])) {
            // Python's width of a text may be an honest mistake, and some of it is no bomb at all here.
            Ok(prompt) => assert!(prompt.len() < 1 << 20, "{bomb}"),
            Err(error) => {
                assert!(error.to_string().starts_with("The model's chat template"), "{bomb}: {error}");
                assert!(!error.hint().is_empty());
            }
        }
        assert!(start.elapsed() < Duration::from_secs(12), "{bomb}: {:?}", start.elapsed());
    }
    assert!(peak_mb() < 512, "{} MB", peak_mb());
}

#[test]
#[cfg(target_os = "linux")]
fn a_tokenizer_that_explodes_ends_its_worker_and_nothing_else() {
    let shell = Shell::new();
    with_normalizer(&shell, (0..4).map(|_| replace("a", &"a".repeat(1000))).collect());
    let worker = work(&shell.path("model")).unwrap();
    let before = worker.prompt(&asked("xyz"), &[]).unwrap();
    let start = Instant::now();
    let error = worker.prompt(&asked("a"), &[]).unwrap_err();
    // On a very busy computer its time may be over before its memory is.
    let memory = matches!(&error, RenderError::Worker(why) if why.contains("512 MB"));
    let time = matches!(&error, RenderError::Worker(why) if why.contains("took longer than 10 s"));
    assert!(memory || (time && start.elapsed() >= Duration::from_secs(10)), "{error}");
    assert!(start.elapsed() < Duration::from_secs(12), "{:?}", start.elapsed());
    assert_eq!(worker.prompt(&asked("xyz"), &[]).unwrap(), before, "another worker goes on");
    assert!(peak_mb() < 512, "{} MB", peak_mb());
    // The whole program says so, too, and which row it was at.
    let harmless = "{\"prompt\":\"b\",\"completion\":\"c\"}\n";
    let bomb = "{\"prompt\":\"a\",\"completion\":\"a\"}\n";
    shell.write("bomb.jsonl", &format!("{harmless}{harmless}{bomb}{harmless}"));
    let run = "base_model: model\ndata: {path: bomb.jsonl, validation: 0}\n";
    shell.write("run.yaml", run);
    let ran = shell.run(&["train", "run.yaml", "--output", "run"]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("Row 3: The model's chat template or tokenizer "), "{}", ran.stderr);
}

#[test]
fn a_tokenizer_that_never_ends_is_stopped() {
    let shell = Shell::new();
    let there_and_back = (0..30_000).flat_map(|_| [replace("a", "b"), replace("b", "a")]).collect();
    with_normalizer(&shell, there_and_back);
    let worker = work(&shell.path("model")).unwrap();
    let start = Instant::now();
    let error = worker.prompt(&asked(&"a".repeat(100_000)), &[]).unwrap_err();
    assert!(matches!(&error, RenderError::Worker(why) if why.contains("took longer than 10 s")), "{error}");
    assert!(start.elapsed() < Duration::from_secs(13), "{:?}", start.elapsed());
}

#[test]
fn a_worker_that_is_missing_or_no_worker_is_said_so() {
    let shell = Shell::new();
    let missing = RenderWorker::open(Path::new("/nowhere/tunesmith"), &shell.path("model"), None).err().unwrap();
    assert!(matches!(&missing, RenderError::NoWorker { .. }), "{missing}");
    assert!(work(&shell.path("nowhere")).err().unwrap().to_string().ends_with("nowhere does not exist"));
    with_template(&shell, "{% nonsense %}");
    assert!(matches!(work(&shell.path("model")).err().unwrap(), RenderError::Template { .. }));
    let unknown = Command::new(PROGRAM).args(["--worker", "cooking", "x"]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
#[cfg(unix)]
fn a_program_of_another_version_is_not_asked_and_both_versions_are_named() {
    use std::os::unix::fs::PermissionsExt;
    let shell = Shell::new();
    let ours = env!("CARGO_PKG_VERSION");
    let says = [
        // Of a later version; of one that said nothing of its version; of one that knew no workers.
        (r#"echo '{"tunesmith":"99.1.2"}'; cat"#, "is Tunesmith 99.1.2, and"),
        (r#"echo '{"Ok":{"end_tokens":[2]}}'; cat"#, "is another program or an older Tunesmith, and"),
        ("exit 2", "is another program or an older Tunesmith, and"),
    ];
    for (script, words) in says {
        let program = shell.write("other", &format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let error = RenderWorker::open(&program, &shell.path("model"), None).err().unwrap();
        assert!(matches!(error, RenderError::OtherVersion { .. }), "{script}: {error}");
        let text = error.to_string();
        assert!(text.contains(words) && text.contains(&format!("this is Tunesmith {ours}")), "{text}");
        assert!(error.hint().contains("Install Tunesmith again"));
    }
}

/// `cargo nextest run --workspace --test cli --run-ignored only --no-capture speed_of_a_worker`
#[test]
#[ignore = "a measurement"]
fn speed_of_a_worker() {
    let shell = Shell::new();
    let words = |row: usize, count: usize| {
        (0..count).map(|word| format!("word{} ", (row * 31 + word * 7) % 997)).collect::<String>()
    };
    let example =
        |row| Example::chat(vec![Message::new("user", words(row, 30)), Message::new("assistant", words(row + 1, 60))]);
    let examples: Vec<Example> = (0..10_000).map(example).collect();
    let renderer = Renderer::open(&shell.path("model"), None).unwrap();
    let start = Instant::now();
    let worker = work(&shell.path("model")).unwrap();
    println!("start: {:.3} s", start.elapsed().as_secs_f64());
    for (name, render) in
        [("in process", &renderer as &dyn Render), ("worker", &worker), ("in process", &renderer), ("worker", &worker)]
    {
        let start = Instant::now();
        let tokens: usize = examples
            .chunks(512)
            .flat_map(|some| render.rows(some, LearnFrom::Assistant).unwrap())
            .map(|row| row.unwrap().tokens.ids.len())
            .sum();
        println!("{name}: {tokens} tokens in {:.2} s", start.elapsed().as_secs_f64());
    }
    let start = Instant::now();
    for _ in 0..1000 {
        worker.decode(&[65, 66]).unwrap();
    }
    println!("decode: {:.0} µs", start.elapsed().as_secs_f64() * 1000.0);
}
