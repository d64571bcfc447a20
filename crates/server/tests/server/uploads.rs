//! Files on their way from the browser.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::client::{Answer, Browser, MODELS};
use crate::studio::RUNS;

fn upload(browser: &Browser, name: &str, body: &[u8]) -> Answer {
    let (host, origin) = (browser.host(), browser.origin());
    let escaped: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let headers = [("host", host.as_str()), ("origin", &origin), ("content-type", "application/octet-stream")];
    browser.send("POST", &format!("/api/upload?name={escaped}"), &headers, body)
}

fn uploaded(browser: &Browser, name: &str, body: &[u8]) -> PathBuf {
    let answer = upload(browser, name, body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    PathBuf::from(answer.json()["path"].as_str().unwrap())
}

#[test]
fn an_uploaded_file_arrives_whole() {
    let browser = Browser::signed_in();
    let body: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    let path = uploaded(&browser, "rows.jsonl", &body);
    assert_eq!(path.file_name().unwrap(), "rows.jsonl");
    assert!(std::fs::read(path).unwrap() == body);
}

#[test]
fn nasty_names_stay_in_their_folder_and_keep_their_ending() {
    let browser = Browser::signed_in();
    let root = uploaded(&browser, "plain.csv", b"x").parent().unwrap().parent().unwrap().to_owned();
    let long = "ä".repeat(300) + ".jsonl";
    let cases = [
        ("../../x.csv", "x.csv"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.json", "boot.json"),
        ("C:\\rows.csv", "rows.csv"),
        ("..", "upload"),
        (".", "upload"),
        ("", "upload"),
        (".bashrc", "bashrc"),
        ("-rf.json", "rf.json"),
        ("zeilen 🦀 ü.csv", "zeilen 🦀 ü.csv"),
        ("it's \"quoted\".csv", "it_s _quoted_.csv"),
        ("a\0b\nc.csv", "a_b_c.csv"),
        ("$(reboot)`x`.csv", "_(reboot)_x_.csv"),
        (long.as_str(), ""),
    ];
    for (name, expected) in cases {
        let path = uploaded(&browser, name, b"content");
        assert_eq!(path.parent().unwrap().parent().unwrap(), root, "{name:?} led to {}", path.display());
        assert_eq!(std::fs::read(&path).unwrap(), b"content");
        if !expected.is_empty() {
            assert_eq!(path.file_name().unwrap().to_str(), Some(expected), "{name:?}");
        } else {
            assert_eq!(path.extension().unwrap(), "jsonl", "a long name is cut before its ending");
        }
    }
}

#[test]
fn files_of_one_name_do_not_replace_each_other() {
    let browser = Browser::signed_in();
    let (one, two) = (uploaded(&browser, "a.csv", b"1"), uploaded(&browser, "a.csv", b"2"));
    assert_eq!((std::fs::read(one).unwrap(), std::fs::read(two).unwrap()), (b"1".to_vec(), b"2".to_vec()));
}

#[test]
fn uploads_are_gone_when_the_server_ends() {
    let browser = Browser::signed_in();
    let path = uploaded(&browser, "a.csv", b"1");
    browser.server.stop();
    assert!(!path.exists());
}

#[test]
fn a_file_that_is_too_large_is_refused_before_it_comes() {
    let browser = Browser::signed_in();
    let (host, origin, length) = (browser.host(), browser.origin(), (5_u64 << 30).to_string());
    // The first of two lengths would be ours; this one is sent by hand.
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(&host).unwrap();
    let (cookie, key) = (browser.cookie.as_deref().unwrap(), browser.key.as_deref().unwrap());
    write!(stream, "POST /api/upload?name=big.csv HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\ncookie: {cookie}\r\nx-tunesmith-key: {key}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("too_big"), "{answer}");
}

#[cfg(unix)]
#[test]
fn only_the_user_can_read_uploads() {
    use std::os::unix::fs::PermissionsExt;
    let browser = Browser::signed_in();
    let path = uploaded(&browser, "a.csv", b"1");
    let root = path.parent().unwrap().parent().unwrap();
    assert_eq!(root.metadata().unwrap().permissions().mode() & 0o077, 0);
}

#[test]
fn a_page_may_import_what_it_uploaded_and_nothing_else() {
    let browser = Browser::signed_in();
    let import = |path: &Path, validation: serde_json::Value| {
        let args = serde_json::json!({"paths": [path], "name": null, "format": "auto", "validation": validation, "task": null});
        browser.post("/api/call/import_dataset", &args.to_string()).json()["message"]["text"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let path = uploaded(&browser, "a.csv", b"1");
    assert!(import(&path, "auto".into()).contains("would import"));
    assert!(import(&path, 0.1.into()).contains("would import"));
    assert!(import(&path, path.to_str().into()).contains("would import"));
    assert!(import(Path::new("/etc/passwd"), "auto".into()).contains("not uploaded"));
    assert!(import(&path.join("../../../../etc/passwd"), "auto".into()).contains("not uploaded"));
    assert!(import(&path, "/etc/passwd".into()).contains("not uploaded"), "the validation file is a file too");
    assert!(import(Path::new("a.csv"), "auto".into()).contains("not uploaded"));
    let mixed = serde_json::json!({"paths": [path, "/etc/passwd"], "name": null});
    assert_eq!(
        browser.post("/api/call/import_dataset", &mixed.to_string()).json()["message"]["text"],
        "This file was not uploaded"
    );
}

#[test]
fn a_page_may_import_the_rows_that_were_kept_for_it() {
    let browser = Browser::signed_in();
    let import = |path: &str| {
        let args = json!({"paths": [path], "name": null}).to_string();
        browser.post("/api/call/import_dataset", &args).json()["message"]["text"].as_str().unwrap().to_owned()
    };
    let path = "/home/uploads/1/Pasted rows.tsv";
    assert!(import(path).contains("not uploaded"));
    // The stand-in answers with the text, as the studio does with the file's path.
    let kept = browser.post("/api/call/keep_rows", &json!({"name": "Pasted rows.tsv", "text": path}).to_string());
    assert_eq!(kept.json(), path);
    assert!(import(path).contains("would import"), "{}", import(path));
    assert!(import("/home/uploads/1/other.tsv").contains("not uploaded"));
}

#[test]
fn an_error_names_an_upload_without_its_folder() {
    let browser = Browser::signed_in();
    let path = uploaded(&browser, "a.csv", b"1");
    let folder = path.parent().unwrap().parent().unwrap().to_str().unwrap();
    let args = serde_json::json!({"paths": [path], "name": null});
    let answer = browser.post("/api/call/import_dataset", &args.to_string()).json();
    assert_eq!(answer["message"]["text"], r#"would import "a.csv""#);
    assert_eq!(answer["message"]["args"]["path"], r#""a.csv""#, "the arguments hold it too");
    assert!(!answer.to_string().contains(folder), "{answer}");
}

#[test]
fn a_page_holds_out_what_it_uploaded_and_nothing_else() {
    let browser = Browser::signed_in();
    let edit = |validation: serde_json::Value| {
        let args = serde_json::json!({"dataset": "d", "edit": {"kind": "split", "validation": validation, "seed": 1}});
        browser.post("/api/call/edit_dataset", &args.to_string()).json()["message"]["text"].as_str().unwrap().to_owned()
    };
    assert!(edit("/etc/passwd".into()).contains("not uploaded"));
    let path = uploaded(&browser, "a.csv", b"1");
    for passes in [path.to_str().into(), "auto".into(), 0.1.into()] {
        assert!(edit(passes).contains("stand-in"));
    }
}

#[cfg(unix)]
#[test]
fn a_link_does_not_lead_out_of_the_uploads() {
    let browser = Browser::signed_in();
    let path = uploaded(&browser, "a.csv", b"1");
    let link = path.parent().unwrap().join("link.csv");
    std::os::unix::fs::symlink("/etc/passwd", &link).unwrap();
    let args = serde_json::json!({"paths": [link], "name": null});
    assert_eq!(
        browser.post("/api/call/import_dataset", &args.to_string()).json()["message"]["text"],
        "This file was not uploaded"
    );
}

#[test]
fn a_page_may_name_models_below_the_folders_it_was_given_and_does_not_learn_what_lies_elsewhere() {
    let browser = Browser::signed_in();
    let add = |path: &str| {
        browser.post("/api/call/add_model", &serde_json::json!({"path": path}).to_string()).json()["message"]["text"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let folder = MODELS.join("mine");
    std::fs::create_dir_all(&folder).unwrap();
    assert!(add(folder.to_str().unwrap()).contains("would add"));
    let refusals: Vec<String> =
        ["/etc", "/no/such/folder", "mine", "no/full/path", MODELS.join("../..").to_str().unwrap(), ""]
            .into_iter()
            .map(add)
            .collect();
    assert!(refusals[0].contains("may only add models from folders"), "{}", refusals[0]);
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
}

#[test]
fn a_page_cannot_choose_where_a_run_file_is_written() {
    let browser = Browser::signed_in();
    let args = r#"{"run":"r","kind":"yaml","save_to":"/tmp/x.yaml"}"#;
    assert_eq!(browser.post("/api/call/run_file", args).status, 422);
}

#[test]
fn a_page_looks_at_uploads_only_and_chooses_no_place_for_an_export() {
    let browser = Browser::signed_in();
    let look = r#"{"paths":["/etc/passwd"],"mapping":{"format":"auto","columns":{}}}"#;
    assert_eq!(browser.post("/api/call/inspect_files", look).status, 422);
    let export = r#"{"dataset":"d","format":"chat","split":null,"path":"/tmp/x.jsonl"}"#;
    assert_eq!(browser.post("/api/call/export_dataset", export).status, 422);
    let template = r#"{"format":"chat","save_to":"/tmp/x.jsonl"}"#;
    assert_eq!(browser.post("/api/call/template_file", template).status, 422);
}

#[test]
fn what_is_sent_without_names_is_refused() {
    let browser = Browser::signed_in();
    let export = r#"["d","chat",null,false,"/tmp/x.jsonl",null]"#;
    let answer = browser.post("/api/call/export_dataset", export);
    assert_eq!(answer.status, 422, "{}", answer.text());
    let look = r#"[["/etc/passwd"],["auto",{}]]"#;
    assert_eq!(browser.post("/api/call/inspect_files", look).status, 422);
}

#[test]
fn a_path_is_found_however_its_arguments_are_written() {
    let browser = Browser::signed_in();
    let message = |command: &str, args: &str| {
        let answer = browser.post(&format!("/api/call/{command}"), args);
        assert_eq!(answer.status, 422, "{}", answer.text());
        answer.json()["message"]["text"].as_str().unwrap().to_owned()
    };
    // Inner values may be lists of positions; what they mean is checked, not how they are written.
    let edit = r#"{"dataset":"d","edit":{"kind":"split","validation":"/etc/passwd","seed":1}}"#;
    assert_eq!(message("edit_dataset", edit), "This file was not uploaded");
    let named = r#"{"name":"n","model":"m","dataset":"d","training":{"init_adapter":"/etc"}}"#;
    let placed = r#"["n","m","d",null,{"init_adapter":"/etc"}]"#;
    for start in [named, placed] {
        let nested = format!(r#"{{"start":{start},"save_to":null}}"#);
        assert!(message("run_yaml", &nested).contains("continue from"), "{start}");
        let preview = browser.post("/api/call/preview_run", &nested).json();
        assert_eq!(preview["problems"][0]["name"], "init_adapter", "told beside the setting: {preview}");
        assert!(preview["plan"].is_null() && !preview["blockers"].as_array().unwrap().is_empty());
    }
    assert!(message("start_run", named).contains("continue from"));
    let saved = r#"{"start":["n","m","d",null,{}],"save_to":"/tmp/x.yaml"}"#;
    assert!(message("run_yaml", saved).contains("cannot choose a path"));
}

#[test]
fn a_run_continues_from_results_and_from_good_checkpoints_of_runs() {
    let browser = Browser::signed_in();
    let run = |result: Option<&str>, checkpoint: Option<&str>| {
        json!({
            "id": "r", "name": "r", "status": { "state": "stopped" }, "model": "m", "model_name": "m", "dataset": "d",
            "config": { "base_model": "m", "data": { "dataset": "d", "version": 1 }, "training": {} },
            "dataset_name": "d", "dataset_version": 1, "system_prompt": null, "plan": null, "step": 9, "loss": null,
            "first_eval_loss": null, "best_eval_loss": null, "best_step": null, "result_path": result,
            "path": "/runs/r", "size_bytes": 0, "tags": [], "started_ms": 0, "elapsed_ms": 0,
            "continue_from": checkpoint.map(|path| json!({ "step": 4, "path": path })),
        })
    };
    *RUNS.lock().unwrap() = vec![run(Some("/runs/r/result"), None), run(None, Some("/runs/r/ckpt-4"))];
    let answer = |adapter: &str| {
        let start = json!({ "name": "n", "model": "m", "dataset": "d", "training": { "init_adapter": adapter } });
        browser.post("/api/call/start_run", &start.to_string()).json()["message"]["text"].clone()
    };
    // What the stand-in says to every start.
    assert_eq!([answer("/runs/r/result"), answer("/runs/r/ckpt-4")], ["A run is going"; 2]);
    for other in ["/runs/r/ckpt-3", "/runs/r", "/runs/r/ckpt-4/../../../etc"] {
        let refused = answer(other);
        assert!(refused.as_str().unwrap().contains("continue from"), "{other}: {refused}");
    }
}

#[test]
fn an_upload_without_a_name_is_refused_in_a_sentence() {
    let browser = Browser::signed_in();
    let (host, origin) = (browser.host(), browser.origin());
    let headers = [("host", host.as_str()), ("origin", &origin), ("content-type", "application/octet-stream")];
    let refused = browser.send("POST", "/api/upload", &headers, b"x");
    assert_eq!((refused.status, refused.json()["code"].as_str()), (422, Some("invalid")));
    assert_eq!(refused.json()["message"]["text"], "The upload does not say what the file is called");
}
