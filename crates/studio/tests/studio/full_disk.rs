//! A disk that is really full. Where a file grows no further than the system allows, a write fails as on a full disk;
//! the limit can be lifted from outside, like space that someone frees.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use tunesmith_protocol::*;

use crate::support::*;

const CHILD_HOME: &str = "TUNESMITH_TEST_FULL_DISK";
const CHILD_DISK: &str = "TUNESMITH_TEST_SMALL_DISK";

/// Not a test by itself: the studio whose files can only grow to a megabyte.
#[test]
fn child_with_a_small_disk() {
    let Some(home) = std::env::var_os(CHILD_HOME) else { return };
    let studio = owner(tunesmith_studio::open(home.as_ref()).unwrap());
    let model = studio.list_models(()).unwrap().into_iter().find(|model| model.source == ModelSource::Folder).unwrap();
    let dataset = studio.list_datasets(()).unwrap().remove(0);
    let training = TrainSettings { method: Method::Full, save_every: AutoOr::Steps(2), ..settings(6) };
    studio.start_run(wish(&model, &dataset, training)).unwrap();
    std::thread::sleep(PATIENCE);
}

/// A run of a process whose disk is full.
struct FullDisk {
    child: Child,
    guest: Arc<dyn Api>,
    run: Run,
}

impl FullDisk {
    /// Fills the disk of a home that has a model and a dataset.
    fn meet(place: &Place) -> Self {
        let studio = place.open();
        let folder = place.path().join("four-megabytes");
        let model = tunesmith_tests::TinyModel { hidden: 128, middle: 512, layers: 4, ..Default::default() };
        model.write(&folder).unwrap();
        studio.add_model(AddModel { path: folder.as_path().into() }).unwrap();
        studio.import_dataset(import_of(&[&place.data_file(20)])).unwrap();
        drop(studio);
        let child = Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -S -f 2048; exec \"$0\" \"$@\""])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "full_disk::child_with_a_small_disk"])
            .env(CHILD_HOME, place.home())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while !place.home().join("home.sock").exists() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let guest = tunesmith_studio::open(&place.home()).unwrap().api();
        let run = loop {
            match guest.list_runs(()).unwrap().pop() {
                Some(run) => break run,
                None => std::thread::yield_now(),
            }
        };
        let run = wait_for(guest.as_ref(), &run.id, |state| matches!(state, RunState::Paused { .. }));
        Self { child, guest, run }
    }

    /// Someone frees space.
    fn make_room(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited:"]).status().unwrap().success());
    }
}

impl Drop for FullDisk {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn a_stop_on_a_full_disk_keeps_what_was_learned() {
    let place = Place::new();
    let full = FullDisk::meet(&place);
    full.guest.stop_run(full.run.id.clone()).unwrap();
    let state = |wanted: fn(&RunState) -> bool| wait_for(full.guest.as_ref(), &full.run.id, wanted);
    state(|state| matches!(state, RunState::Paused { stopping: true, .. }));
    full.make_room();
    full.guest.resume_run(full.run.id.clone()).unwrap();
    let stopped = state(|state| !matches!(state, RunState::Paused { .. }));
    assert_eq!((&stopped.status, stopped.step), (&RunState::Stopped, full.run.step), "it trained no further");
    let checkpoint = format!("ckpt-{}", stopped.step);
    assert!(stopped.result_path.is_some() && std::path::Path::new(&stopped.path).join(checkpoint).is_dir());
}

#[test]
fn nothing_is_lost_on_a_full_disk() {
    let place = Place::new();
    let full = FullDisk::meet(&place);
    let (guest, run) = (&full.guest, &full.run);
    let RunState::Paused { reason, .. } = &run.status else { unreachable!() };
    assert!(reason.contains("full"), "{reason}");

    let large = place.data_file(20_000);
    let error = guest.import_dataset(import_of(&[&large])).unwrap_err();
    assert_eq!(error.code, ErrorCode::DiskFull, "{error}");
    assert_eq!(guest.list_datasets(()).unwrap().len(), 1);
    assert_eq!(std::fs::read_dir(place.home().join("datasets")).unwrap().count(), 1, "nothing half-imported stays");

    full.make_room();
    guest.resume_run(run.id.clone()).unwrap();
    let run = wait_for(guest.as_ref(), &run.id, is_done);
    assert_eq!(run.step, 6, "it went on where it paused");
    guest.import_dataset(import_of(&[&large])).unwrap();
}

/// Not a test by itself: a home on a disk of a few megabytes, which is filled to the last byte.
#[test]
fn child_on_a_disk_of_its_own() {
    let Some(disk) = std::env::var_os(CHILD_DISK).map(std::path::PathBuf::from) else { return };
    let (home, filler) = (disk.join("home"), disk.join("filler"));
    let fill = || {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&filler).unwrap();
        for part in [&[1_u8; 4096][..], &[1; 1]] {
            while std::io::Write::write_all(&mut file, part).is_ok() {}
        }
    };
    fill();
    let error = tunesmith_studio::open(&home).err().unwrap();
    assert_eq!(error.code, ErrorCode::DiskFull, "the first opening: {error}");
    assert!(error.message.contains("full") && error.hint.contains("space"), "{error}");
    std::fs::remove_file(&filler).unwrap();

    let studio = owner(tunesmith_studio::open(&home).unwrap());
    let files = [("many.jsonl", 3000), ("few.jsonl", 20)].map(|(name, rows)| {
        let row =
            |number| format!("{{\"prompt\": \"What comes after {number}?\", \"completion\": \"{}\"}}\n", number + 1);
        std::fs::write(disk.join(name), (0..rows).map(row).collect::<String>()).unwrap();
        disk.join(name)
    });
    let [many, few] = files.map(|file| {
        let id = studio.import_dataset(import_of(&[&file.to_string_lossy()])).unwrap().id;
        studio.check_dataset(id.clone()).unwrap();
        id
    });
    fill();
    let export = |format: &str| {
        let (dataset, format) = (many.clone(), format.to_owned());
        studio.export_dataset(ExportDataset {
            dataset,
            format,
            split: None,
            other_columns: true,
            path: None,
            job: None,
        })
    };
    for format in ["chat", "sharegpt", "alpaca", "completion", "csv", "parquet", "openai"] {
        let error = export(format).unwrap_err();
        assert_eq!(error.code, ErrorCode::DiskFull, "{format}: {error}");
    }
    let left: Vec<_> = std::fs::read_dir(home.join("exports")).unwrap().collect();
    assert!(left.is_empty(), "what could not be written takes room: {left:?}");

    for id in [&many, &few] {
        studio.delete(ItemRef { kind: ItemKind::Dataset, id: id.clone() }).unwrap();
    }
    assert_eq!(studio.list_datasets(()).unwrap(), []);
    studio.empty_bin(()).unwrap();
    assert!(home.join("reserve").exists(), "set aside for the next time");
    std::fs::write(disk.join("again"), vec![1; 200 << 10]).unwrap();
}

#[test]
fn a_full_disk_is_told_as_such_and_what_makes_room_is_done() {
    if !Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: this system lets nobody but root mount a small disk");
        return;
    }
    let disk = tempfile::tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size=8m none {} && exec \"$0\" \"$@\"", disk.path().display());
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", &mount])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "full_disk::child_on_a_disk_of_its_own"])
        .env(CHILD_DISK, disk.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// Not a test by itself: opens a home, and says why where it cannot.
#[test]
#[ignore = "run by another test, under strace"]
fn child_that_opens_a_home() {
    let Some(home) = std::env::var_os(CHILD_HOME) else { return };
    match tunesmith_studio::open(home.as_ref()) {
        Ok(opened) => owner(opened).shutdown(),
        Err(error) => eprintln!("refused {:?}: {error}", error.code),
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_home_on_a_full_disk_is_opened_with_the_space_that_was_set_aside() {
    if !strace_works() {
        return;
    }
    let place = Place::new();
    place.open().shutdown();
    let reserve = place.home().join("reserve");
    assert!(reserve.exists());
    // The index beside the database cannot be made: the first time, as long as the reserve is there; then each time.
    let open = |when: &str| {
        let output = Command::new("strace")
            .args(["-f", "-qq", "-o", "/dev/null", "-P"])
            .arg(place.home().join("tunesmith.db-shm"))
            .args(["-e", &format!("inject=write,pwrite64:error=ENOSPC:when={when}")])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "full_disk::child_that_opens_a_home", "--ignored", "--nocapture"])
            .env(CHILD_HOME, place.home())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert_eq!(open("1"), "");
    assert!(!reserve.exists(), "it was given up");
    let told = open("1+");
    assert!(told.contains("refused DiskFull") && told.contains("The disk is full"), "{told}");
    // There is space again.
    place.open().shutdown();
    assert!(reserve.exists());
}

/// A machine on which it does not fails, unless it is told to go without.
#[cfg(target_os = "linux")]
fn strace_works() -> bool {
    let without = std::env::var("TUNESMITH_WITHOUT_STRACE").is_ok_and(|value| value == "1");
    let works = Command::new("strace").args(["-o", "/dev/null", "true"]).status().is_ok_and(|status| status.success());
    assert!(
        works || without,
        "strace does not work here: install it and permit ptrace, or set TUNESMITH_WITHOUT_STRACE=1"
    );
    works
}
