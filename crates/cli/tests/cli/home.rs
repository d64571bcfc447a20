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

#[cfg(unix)]
#[test]
fn a_home_that_others_could_look_into_is_closed_and_told_until_it_was_seen() {
    use std::os::unix::fs::PermissionsExt;
    let shell = Shell::new();
    std::fs::create_dir_all(shell.path("home")).unwrap();
    std::fs::set_permissions(shell.path("home"), std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(shell.run(&["runs", "list"]).stderr.contains("tunesmith doctor"));
    let told = shell.run(&["doctor"]);
    assert!(told.stdout.contains("could look into") && !told.stderr.contains("something to know"), "{}", told.stdout);
    let notices = |arguments: &[&str]| shell.run(arguments).lines()[0]["notices"].as_array().unwrap().len();
    assert_eq!(notices(&["doctor", "--json", "--seen"]), 1);
    assert_eq!(notices(&["doctor", "--json"]), 0);
    assert!(!shell.run(&["runs", "list"]).stderr.contains("tunesmith doctor"));
}

#[cfg(unix)]
#[test]
fn uploads_that_an_earlier_version_left_in_the_temporary_folder_are_removed() {
    let shell = Shell::new();
    let make = |name: &str, hours: u64| {
        let folder = shell.path("temporary").join(name);
        std::fs::create_dir_all(folder.join("one")).unwrap();
        std::fs::write(folder.join("one/rows.jsonl"), "{}").unwrap();
        let modified = std::time::SystemTime::now() - std::time::Duration::from_secs(hours * 3600);
        for path in [folder.join("one"), folder.clone()] {
            std::fs::File::open(path).unwrap().set_modified(modified).unwrap();
        }
        folder
    };
    let left = make("tunesmith-uploads-aB3xY9", 25);
    let kept = [
        make("tunesmith-uploads-aB3xY8", 2),
        make("tunesmith-uploads-of my own", 25),
        make("tunesmith-uploads-", 25),
        make("my-tunesmith-uploads-aB3xY9", 25),
    ];
    // Somebody reads there still: an upload has come today.
    let in_use = make("tunesmith-uploads-aB3xY7", 25);
    std::fs::File::open(in_use.join("one")).unwrap().set_modified(std::time::SystemTime::now()).unwrap();
    let elsewhere = make("elsewhere", 25);
    let link = shell.path("temporary/tunesmith-uploads-aB3xY6");
    std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
    let temporary = shell.path("temporary");
    let ran = shell.run_in(&[("TMPDIR", temporary.to_str().unwrap())], &["runs", "list", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!left.exists());
    for path in kept.iter().chain([&in_use, &elsewhere, &link]) {
        assert!(path.exists(), "{} stays", path.display());
    }
}

#[test]
fn a_damaged_run_is_named_by_the_doctor_and_removed() {
    let shell = Shell::new();
    assert_eq!(shell.run(&["runs", "start", "run.yaml", "--json"]).code, 0);
    let run = &shell.run(&["runs", "list", "--json"]).lines()[0];
    let (id, folder) = (run["id"].as_str().unwrap(), std::path::Path::new(run["path"].as_str().unwrap()));
    std::fs::write(folder.join("run.json"), "{").unwrap();
    let told = shell.run(&["doctor"]);
    let command = format!("tunesmith runs remove {id}");
    assert!(told.stdout.contains("is not shown") && told.stdout.contains(&command), "{}", told.stdout);
    let removed = shell.run(&["runs", "remove", id]);
    assert_eq!(removed.code, 0, "{}", removed.stderr);
    assert!(!folder.exists());
    assert!(!shell.run(&["doctor"]).stdout.contains(id));
    let again = shell.run(&["runs", "remove", id]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("tunesmith runs list"), "{}", again.stderr);
}

#[test]
#[cfg(target_os = "linux")]
fn too_little_address_space_is_told_and_does_not_end_the_program_half_way() {
    let shell = Shell::new();
    for arguments in [&["runs", "list"][..], &["doctor"], &["train", "run.yaml", "--output", "out"]] {
        let ran = shell.run_with_address_space(400_000, arguments);
        assert_eq!(ran.code, 1, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("address space") && ran.stderr.contains("ulimit -v"), "{}", ran.stderr);
    }
    assert_eq!(shell.run_with_address_space(400_000, &["--version"]).code, 0);
    // What is said to be enough is.
    for arguments in [&["models", "list"][..], &["doctor"], &["train", "run.yaml", "--output", "out"]] {
        let ran = shell.run_with_address_space(1_000_000, arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn an_empty_home_says_what_to_do() {
    let shell = Shell::new();
    assert!(shell.run(&["runs", "list"]).stdout.contains("tunesmith train"));
    assert_eq!(shell.run(&["runs", "list", "--json"]).stdout, "");
}

#[test]
fn commands_at_the_same_time_all_find_the_home() {
    let shell = Shell::new();
    let codes = std::thread::scope(|scope| {
        let commands: Vec<_> = (0..60).map(|_| scope.spawn(|| shell.run(&["models", "list", "--json"]))).collect();
        commands
            .into_iter()
            .map(|command| command.join().unwrap())
            .map(|ran| (ran.code, ran.stderr))
            .collect::<Vec<_>>()
    });
    assert!(codes.iter().all(|(code, _)| *code == 0), "{codes:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_holder_that_was_stopped_is_told_and_not_waited_for() {
    let shell = Shell::new();
    let mut studio = shell.start(&["studio", "--port", "0", "--json"]);
    studio.until("ready");
    studio.stop();
    let asked = std::time::Instant::now();
    let ran = shell.run(&["models", "list"]);
    studio.go_on();
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("does not answer") && ran.stderr.contains("studio"), "{}", ran.stderr);
    assert!(asked.elapsed() < std::time::Duration::from_secs(30));
    assert_eq!(shell.run(&["models", "list"]).code, 0, "it goes on");
    studio.interrupt();
    assert_eq!(studio.end().code(), Some(0));
}
