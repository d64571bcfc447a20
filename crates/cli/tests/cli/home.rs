//! `tunesmith models` and `tunesmith doctor`.

use crate::shell::Shell;

#[test]
fn a_model_folder_is_added_listed_and_removed() {
    let shell = Shell::new();
    let added = &shell.run(&["models", "add", "model", "--json"]).lines()[0];
    assert_eq!((added["family"].as_str(), added["source"].as_str()), (Some("llama"), Some("folder")));
    let id = added["id"].as_str().unwrap();
    let listed = |id: &str| shell.run(&["models", "list", "--json"]).lines().iter().any(|model| model["id"] == id);
    assert!(listed(id));
    let chat = shell.run(&["chat", "--model", id, "--prompt", "x", "--max-new-tokens", "1", "--json"]);
    assert_eq!(chat.code, 0, "an id stands for its folder: {}", chat.stderr);
    assert_eq!(shell.run(&["models", "remove", id]).code, 0);
    assert!(!listed(id));
    assert!(shell.path("model/config.json").is_file(), "the folder stays");
}

#[test]
fn a_folder_that_is_not_a_model_is_refused_with_a_reason() {
    let shell = Shell::new();
    std::fs::create_dir(shell.path("papers")).unwrap();
    let ran = shell.run(&["models", "add", "papers", "--json"]);
    assert_eq!((ran.code, ran.json()[0]["code"].as_str()), (1, Some("invalid")));
    assert!(ran.stderr.contains("papers") && ran.stderr.contains("config.json"), "{}", ran.stderr);
    assert_eq!(shell.run(&["models", "add", "nowhere"]).code, 1);
}

#[test]
fn the_doctor_names_devices_libraries_disk_and_home() {
    let shell = Shell::new();
    let report = &shell.run(&["doctor", "--json"]).lines()[0];
    assert_eq!(report["system"]["home"].as_str(), shell.path("home").to_str());
    assert!(report["system"]["disk_free_bytes"].as_u64().unwrap() > 0);
    assert!(!report["system"]["device_reason"].as_str().unwrap().is_empty());
    let told = shell.run(&["doctor"]);
    for part in ["Devices", "Libraries", "Disk", "Home", "cpu"] {
        assert!(told.stdout.contains(part), "{part} in {}", told.stdout);
    }
}

#[test]
fn an_empty_home_says_what_to_do() {
    let shell = Shell::new();
    assert!(shell.run(&["runs", "list"]).stdout.contains("tunesmith train"));
    assert_eq!(shell.run(&["runs", "list", "--json"]).stdout, "");
}
