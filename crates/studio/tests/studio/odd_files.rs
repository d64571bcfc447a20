//! What is not the file that it should be: links, pipes and files without end. Nothing is written or removed through a link, and
//! nothing waits for a pipe or reads gigabytes of nothing.

use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use tunesmith_protocol::*;
use tunesmith_studio::{Finished, RunNews, StopRun, run_config, run_file};

use crate::support::*;

/// What it takes where nothing waits.
const SOON: Duration = Duration::from_secs(40);

/// Does something that must not take for ever.
fn soon<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || send.send(act()));
    receive.recv_timeout(SOON).expect("it does not end")
}

fn pipe(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Makes a file as long as no disk is; it takes no room.
fn stretch(path: &Path) {
    fs::File::options().create(true).truncate(false).write(true).open(path).unwrap().set_len(1 << 40).unwrap();
}

fn messages(studio: &dyn Api) -> Vec<String> {
    studio.list_notices(()).unwrap().into_iter().map(|notice| notice.message.to_string()).collect()
}

/// All files and links below a folder.
fn all_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match fs::symlink_metadata(&entry).unwrap().is_dir() {
            true => found.extend(all_below(&entry)),
            false => found.push(entry),
        }
    }
    found.sort();
    found
}

/// A folder with what a sweep would remove in a home.
fn somebody_elses(place: &Place) -> PathBuf {
    let folder = place.path().join("somebody-elses");
    let names = ["letter.txt", ".half.tmp", ".tmpA1b2C3", "tunesmith-uploads-Ab12/photo.jpg", "photos/photo.jpg"];
    for name in names.into_iter().chain(["versions/.x.tmp", "runs/one/run.json", "cut-short.tmp/rows.jsonl"]) {
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        fs::write(folder.join(name), "kept").unwrap();
    }
    folder
}

#[test]
fn nothing_is_removed_behind_a_link() {
    let folders = ["uploads", "exports", "notices", "models", "datasets", "runs", "bin", "logs"];
    for name in folders.into_iter().chain(["datasets/one", "runs/one", "uploads/tunesmith-uploads-Ab12", "bin/runs"]) {
        let place = Place::new();
        drop(place.open());
        let (elsewhere, folder) = (somebody_elses(&place), place.home().join(name));
        fs::set_permissions(elsewhere.join("letter.txt"), fs::Permissions::from_mode(0o644)).unwrap();
        let before = all_below(&elsewhere);
        let _ = fs::remove_dir_all(&folder);
        symlink(&elsewhere, &folder).unwrap();
        fs::set_permissions(place.home(), fs::Permissions::from_mode(0o755)).unwrap();
        let studio = place.open();
        studio.empty_bin(()).unwrap();
        let after = all_below(&elsewhere);
        assert!(before.iter().all(|path| after.contains(path)), "{name}: {after:?}");
        let mode = fs::metadata(elsewhere.join("letter.txt")).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o644, "{name}");
    }
}

#[test]
fn only_what_servers_have_uploaded_is_swept_away() {
    let place = Place::new();
    drop(place.open());
    let uploads = place.home().join("uploads");
    for name in ["photos", "tunesmith-uploads-Ab12"] {
        fs::create_dir(uploads.join(name)).unwrap();
        fs::write(uploads.join(name).join("photo.jpg"), "").unwrap();
    }
    // A server that holds a pipe as its lock is none.
    fs::create_dir(uploads.join("tunesmith-uploads-Cd34")).unwrap();
    pipe(&uploads.join("tunesmith-uploads-Cd34/lock"));
    let _place = soon(move || {
        drop(place.open());
        place
    });
    assert_eq!(fs::read_dir(&uploads).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>(), ["photos"]);
}

/// A run file of two steps.
fn config(place: &Place) -> RunConfig {
    place.model_folder();
    place.data_file(30);
    let yaml = "base_model: tiny\ndata:\n  path: counting.jsonl\ntraining:\n  max_steps: 2\n  max_length: 96\n  lora_rank: 2\n";
    run_file::load(Path::new(&place.write("run.yaml", yaml))).unwrap()
}

/// Trains into `out`, and hears what is told on the way.
fn train(place: &Place, config: &RunConfig, resume: bool) -> (Result<Finished, WireError>, Vec<String>) {
    let (home, output, config) = (place.home(), place.path().join("out"), config.clone());
    soon(move || {
        let mut told = Vec::new();
        let ended = run_config(&home, &config, &output, resume, &mut |news| {
            match news {
                RunNews::Warning(sentence) => told.push(sentence.to_string()),
                RunNews::Damage(damage) => told.push(format!("{} {}", damage.message, damage.hint)),
                _ => {}
            }
            ControlFlow::<StopRun>::Continue(())
        });
        (ended, told)
    })
}

#[test]
fn a_run_writes_through_no_link() {
    for name in ["metrics.jsonl", "run.lock", "tokens"] {
        for resume in [false, true] {
            let place = Place::new();
            let config = config(&place);
            let (output, victim) = (place.path().join("out"), place.path().join("victim"));
            if resume {
                train(&place, &config, false).0.unwrap();
                let _ = fs::remove_file(output.join(name));
                let _ = fs::remove_dir_all(output.join(name));
            }
            fs::create_dir_all(&output).unwrap();
            // Without one, the link dangles.
            match name {
                "tokens" => fs::create_dir(&victim).unwrap(),
                "metrics.jsonl" => fs::write(&victim, "a whole line\nand half a li").unwrap(),
                _ => {}
            }
            symlink(&victim, output.join(name)).unwrap();
            let error = train(&place, &config, resume).0.unwrap_err();
            assert!(error.message.contains(name) && error.message.contains("link"), "{error}");
            assert!(!error.hint.is_empty());
            match name {
                "tokens" => assert_eq!(all_below(&victim), [] as [PathBuf; 0]),
                "metrics.jsonl" => assert_eq!(fs::read_to_string(&victim).unwrap(), "a whole line\nand half a li"),
                _ => assert!(!victim.exists()),
            }
            assert!(resume || !output.join("run.json").exists(), "nothing was begun");
        }
    }
}

#[test]
fn the_space_that_a_run_sets_aside_is_not_written_through_a_link() {
    let place = Place::new();
    let config = config(&place);
    fs::create_dir(place.path().join("out")).unwrap();
    symlink(place.path().join("victim"), place.path().join("out/reserve")).unwrap();
    symlink(place.path().join("victim"), place.path().join("out/run.json")).unwrap();
    train(&place, &config, false).0.unwrap();
    assert!(!place.path().join("victim").exists());
}

#[test]
fn the_tokens_of_a_run_are_its_owners_alone() {
    let place = Place::new();
    train(&place, &config(&place), false).0.unwrap();
    for name in ["tokens/training.tokens", "tokens/validation.tokens", "tokens/counts.json", "metrics.jsonl"] {
        let mode = fs::metadata(place.path().join("out").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_resumed_run_makes_damaged_tokens_anew_and_tells_it() {
    let place = Place::new();
    let config = config(&place);
    train(&place, &config, false).0.unwrap();
    let tokens = place.path().join("out/tokens");
    let whole: Vec<Vec<u8>> = all_below(&tokens).iter().map(|path| fs::read(path).unwrap()).collect();
    type Damage = fn(&Path);
    let damages: [Damage; 5] = [
        |tokens| fs::write(tokens.join("training.tokens"), "no tokens").unwrap(),
        |tokens| fs::remove_file(tokens.join("training.tokens")).unwrap(),
        |tokens| stretch(&tokens.join("training.tokens")),
        |tokens| fs::write(tokens.join("counts.json"), "{").unwrap(),
        |tokens| {
            fs::remove_file(tokens.join("counts.json")).unwrap();
            pipe(&tokens.join("counts.json"));
        },
    ];
    for damage in damages {
        damage(&tokens);
        let (ended, told) = train(&place, &config, true);
        assert_eq!(ended.unwrap().step, 2);
        assert!(told.iter().any(|told| told.contains("made anew")), "{told:?}");
        assert_eq!(all_below(&tokens).iter().map(|path| fs::read(path).unwrap()).collect::<Vec<_>>(), whole);
    }
}

#[test]
fn a_resumed_run_writes_a_damaged_run_json_anew_and_keeps_the_damaged_one() {
    let place = Place::new();
    let config = config(&place);
    train(&place, &config, false).0.unwrap();
    let manifest = place.path().join("out/run.json");
    type Damage = fn(&Path);
    let damages: [Damage; 3] = [
        |manifest| fs::write(manifest, "{").unwrap(),
        stretch,
        |manifest| {
            fs::remove_file(manifest).unwrap();
            pipe(manifest);
        },
    ];
    for (damage, aside) in damages.into_iter().zip(["run.json.damaged", "run.json.damaged-2", "run.json.damaged-3"]) {
        damage(&manifest);
        let occupied = train(&place, &config, false).0.unwrap_err();
        assert!(occupied.message.contains("holds a run already"), "{occupied}");
        let (ended, told) = train(&place, &config, true);
        assert_eq!(ended.unwrap().step, 2);
        assert!(told.iter().any(|told| told.contains(aside)), "{told:?}");
        assert!(fs::symlink_metadata(manifest.with_file_name(aside)).is_ok());
        assert!(fs::read_to_string(&manifest).unwrap().contains("model_hash"));
    }
    // What the run was started with is known nonetheless.
    fs::write(&manifest, "{").unwrap();
    let mut other = config.clone();
    other.training.seed = 7;
    let error = train(&place, &other, true).0.unwrap_err();
    assert!(error.message.contains("seed"), "{error}");
}

#[test]
fn records_that_are_none_are_refused_at_once_with_what_can_be_done() {
    let place = Place::new();
    let config = config(&place);
    train(&place, &config, false).0.unwrap();
    let metrics = place.path().join("out/metrics.jsonl");
    stretch(&metrics);
    let error = train(&place, &config, true).0.unwrap_err();
    assert!(error.message.contains("metrics.jsonl") && error.hint.contains("Move"), "{error}");
    fs::remove_file(&metrics).unwrap();
    pipe(&metrics);
    let error = train(&place, &config, true).0.unwrap_err();
    assert!(error.message.contains("pipe") && error.hint.contains("Move"), "{error}");
    // As the hint says.
    fs::rename(&metrics, metrics.with_extension("away")).unwrap();
    assert_eq!(train(&place, &config, true).0.unwrap().step, 2);
}

/// A home with a run that is stopped, and has two checkpoints.
fn with_run(place: &Place) -> Run {
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let settings = TrainSettings { save_every: AutoOr::Steps(1), ..settings(3000) };
    let run = studio.start_run(wish(&model, &dataset, settings)).unwrap();
    records_until(studio.as_ref(), &run.id, |record| matches!(record, RunRecord::Checkpoint { step: 2, .. }));
    studio.stop_run(run.id.clone()).unwrap();
    let run = wait_for(studio.as_ref(), &run.id, |state| *state == RunState::Stopped);
    while studio.running() {
        std::thread::yield_now();
    }
    studio.shutdown();
    run
}

#[test]
fn a_pipe_or_a_file_without_end_in_a_run_is_told_and_holds_up_nothing() {
    type Damage = fn(&Path);
    let damages: [Damage; 2] = [stretch, |path| {
        fs::remove_file(path).unwrap();
        pipe(path);
    }];
    for name in ["run.json", "metrics.jsonl"] {
        for damage in damages {
            let place = Place::new();
            let run = with_run(&place);
            damage(&Path::new(&run.path).join(name));
            let (id, place) = (run.id.clone(), place);
            let (listed, told, refused) = soon(move || {
                let studio = place.open();
                let listed = studio.list_runs(()).unwrap();
                let refused = studio.resume_run(id).unwrap_err();
                (listed, messages(studio.as_ref()), refused)
            });
            assert!(told.len() == 1 && told[0].contains(&run.name), "{name}: {told:?}");
            assert!(refused.message.contains(name) && !refused.hint.is_empty(), "{refused}");
            match name {
                "run.json" => assert!(listed.is_empty() && told[0].contains(name), "{told:?}"),
                _ => assert_eq!((listed[0].step, &listed[0].id), (run.step, &run.id), "what was known of it holds"),
            }
        }
    }
}

#[test]
fn a_damaged_checkpoint_of_a_run_in_the_home_is_told_and_kept() {
    let place = Place::new();
    let run = with_run(&place);
    let checkpoint = |ending: &str| Path::new(&run.path).join(format!("ckpt-{}{ending}", run.step));
    fs::write(checkpoint("").join("state.json"), "{}").unwrap();
    let studio = place.open();
    studio.resume_run(run.id.clone()).unwrap();
    records_until(studio.as_ref(), &run.id, |record| matches!(record, RunRecord::Rewind { .. }));
    let told = messages(studio.as_ref());
    assert!(told.len() == 1 && told[0].contains("is damaged and not used"), "{told:?}");
    assert!(checkpoint(".damaged").is_dir());
    studio.stop_run(run.id.clone()).unwrap();
    wait_for(studio.as_ref(), &run.id, |state| *state == RunState::Stopped);
}

#[test]
fn a_log_that_is_a_link_or_a_pipe_is_put_aside_and_told() {
    for is_link in [true, false] {
        let place = Place::new();
        let (logs, victim) = (place.home().join("logs"), PathBuf::from(place.write("victim", "mine")));
        fs::create_dir_all(&logs).unwrap();
        fs::set_permissions(place.home(), fs::Permissions::from_mode(0o700)).unwrap();
        match is_link {
            true => symlink(&victim, logs.join("tunesmith.log")).unwrap(),
            false => pipe(&logs.join("tunesmith.log")),
        }
        let told = soon(move || {
            let studio = place.open();
            studio.read_log(()).unwrap();
            (messages(studio.as_ref()), fs::read_to_string(&victim).unwrap(), place)
        });
        assert!(told.0.len() == 1 && told.0[0].contains("log"), "{:?}", told.0);
        assert_eq!(told.1, "mine");
        assert!(logs.join("tunesmith.log.damaged").symlink_metadata().is_ok());
    }
}

#[test]
fn the_files_of_a_home_are_written_through_no_link() {
    for name in ["home.lock", "tunesmith.db"] {
        let place = Place::new();
        drop(place.open());
        let path = place.home().join(name);
        let victim = place.write("victim", "mine");
        fs::remove_file(&path).unwrap();
        symlink(&victim, &path).unwrap();
        let error = tunesmith_studio::open(&place.home()).err().expect("a refusal");
        assert!(error.message.contains(name) && error.message.contains("link"), "{error}");
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
    }
}

#[test]
fn a_pipe_in_a_dataset_is_told_and_holds_up_nothing() {
    let place = Place::new();
    let studio = place.open();
    let dataset = studio.import_dataset(import_of(&[&place.data_file(20)])).unwrap();
    studio.shutdown();
    drop(studio);
    let facts = place.home().join("datasets").join(&dataset.id).join("dataset.json");
    fs::remove_file(&facts).unwrap();
    pipe(&facts);
    let told = soon(move || {
        let studio = place.open();
        (messages(studio.as_ref()), studio.list_datasets(()).unwrap(), place)
    });
    assert!(told.0.len() == 1 && told.0[0].contains("dataset.json"), "{:?}", told.0);
    assert_eq!(told.1, [dataset], "the database knows it");
}

#[test]
fn what_a_dataset_keeps_of_its_files_is_its_owners_alone() {
    let place = Place::new();
    let studio = place.open();
    let upload = place.home().join("uploads/tunesmith-uploads-Ab12/x");
    fs::create_dir_all(&upload).unwrap();
    let files = [PathBuf::from(place.data_file(20)), upload.join("other.jsonl")];
    fs::copy(&files[0], &files[1]).unwrap();
    for file in &files {
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
        let dataset = studio.import_dataset(import_of(&[&file.to_string_lossy()])).unwrap();
        let kept = fs::metadata(&dataset.files[0]).unwrap();
        assert!(dataset.files[0].contains("originals"), "{dataset:?}");
        assert_eq!(kept.permissions().mode() & 0o777, 0o600);
    }
    let own = fs::metadata(&files[0]).unwrap();
    assert_eq!(own.permissions().mode() & 0o777, 0o644, "the user's own file is as it was");
}

#[test]
fn a_run_file_that_is_none_is_refused_at_once() {
    type Make = fn(&Path);
    let makes: [(Make, &str); 4] = [
        (pipe, "pipe"),
        (|path| symlink("/dev/zero", path).unwrap(), "device"),
        (stretch, "at most"),
        (|path| fs::write(path, [0xff, 0xfe]).unwrap(), "UTF-8"),
    ];
    for (make, why) in makes {
        let place = Place::new();
        let path = place.path().join("run.yaml");
        make(&path);
        let error = soon(move || run_file::load(&path).unwrap_err());
        assert!(error.message.contains("run.yaml") && error.message.contains(why), "{error}");
        assert!(error.hint.contains("run file"), "{error}");
    }
}
