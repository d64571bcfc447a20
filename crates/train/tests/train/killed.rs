//! Runs killed in a process of their own, at random moments and at every call that changes the disk in one checkpoint:
//! what lies there is whole, and the resumed run gives the bytes of the run that was never killed.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::tempdir;
use tunesmith_model::{Key, Random};
use tunesmith_protocol::{Method, TrainSettings};
use tunesmith_train::{Job, Outcome, Progress};

use crate::child::child;
use crate::resume::assert_same_result;
use crate::tiny::{contents, each_optimizer, job, settings, train, train_until};

/// The settings of the other process, as JSON.
const SETTINGS: &str = "TUNESMITH_TEST_SETTINGS";
/// Its number of threads.
const THREADS: &str = "TUNESMITH_TEST_THREADS";
/// Other moments than the usual ones.
const SEED: &str = "TUNESMITH_TEST_SEED";

#[test]
fn a_run_on_one_thread_killed_at_random_moments_resumes_to_the_same_bytes() {
    kill_at_random_moments(&settings(Method::Lora), 1, 50);
}

#[test]
fn a_run_on_two_threads_killed_at_random_moments_resumes_to_the_same_bytes() {
    kill_at_random_moments(&settings(Method::Lora), 2, 50);
}

#[test]
fn every_optimizer_resumes_to_the_same_bytes() {
    for settings in each_optimizer() {
        kill_at_random_moments(&settings, 2, 5);
    }
}

fn kill_at_random_moments(settings: &TrainSettings, threads: usize, kills: u32) {
    let folder = tempdir().unwrap();
    let mut news = 0.0;
    let (outcome, _) = train_until(job_of(folder.path(), "whole", settings, threads), |progress| {
        news += f64::from(u8::from(is_news(progress)));
        ControlFlow::Continue(())
    });
    outcome.unwrap();
    let seed = std::env::var(SEED).map_or(1, |seed| seed.parse().unwrap());
    println!("{:?} on {threads} threads, seed {seed} (another: {SEED}=…)", settings.optimizer);
    let mut random = Random::keyed(Key { seed, purpose: "kills", step: threads as u64, layer: 0 });
    let (mut killed, mut saved) = (0, BTreeSet::new());
    while killed < kills {
        // Of what is left to be told, so that kills fall on the end as often as on the beginning.
        let left = news * f64::from(10 - saved.last().copied().unwrap_or(0)) / 10.0 + 2.0;
        let moment = Moment { news: (random.uniform() * left) as usize, micros: (random.uniform() * 1e4) as u64 };
        let mut child = start(folder.path(), settings, threads);
        if kill_at(&mut child, &moment, &mut saved) {
            println!("kill {killed}: {moment:?}, saved {saved:?}");
            killed += 1;
            assert_nothing_is_half(folder.path(), &saved);
        } else {
            println!("done, and once more");
            assert_same_result(folder.path(), "whole", "killed");
            fs::remove_dir_all(folder.path().join("killed")).unwrap();
            saved.clear();
        }
    }
    train(Job { resume: true, ..job_of(folder.path(), "killed", settings, threads) }).0.unwrap();
    assert_same_result(folder.path(), "whole", "killed");
}

/// When a run is killed: after so many pieces of news, and so much time.
#[derive(Debug)]
struct Moment {
    news: usize,
    micros: u64,
}

fn start(folder: &Path, settings: &TrainSettings, threads: usize) -> Child {
    let mut command = child(folder, "killed::train_here", &[]);
    command.env(SETTINGS, serde_json::to_string(settings).unwrap()).env(THREADS, threads.to_string());
    command.spawn().unwrap()
}

#[test]
#[ignore = "run by other tests, in a process of its own"]
fn train_here() {
    let Some(job) = job_of_this_process() else { return };
    let (outcome, _) = train_until(job, |progress| {
        if is_news(progress) {
            eprintln!("news {progress:?}");
        }
        ControlFlow::Continue(())
    });
    assert!(matches!(outcome.unwrap(), Outcome::Done { .. }));
}

/// Loading is told of so often that most kills would fall into it.
fn is_news(progress: &Progress) -> bool {
    !matches!(progress, Progress::Loading(_))
}

/// The job that another process asked this one to go on with.
pub fn job_of_this_process() -> Option<Job> {
    let folder = std::env::var(crate::child::FOLDER).ok()?;
    let settings = std::env::var(SETTINGS).map_or(settings(Method::Lora), |text| serde_json::from_str(&text).unwrap());
    let threads = std::env::var(THREADS).map_or(2, |threads| threads.parse().unwrap());
    Some(Job { resume: true, ..job_of(folder.as_ref(), "killed", &settings, threads) })
}

fn job_of(folder: &Path, output: &str, settings: &TrainSettings, threads: usize) -> Job {
    Job { settings: settings.clone(), threads, ..job(folder, output, Method::Lora) }
}

/// Kills the child at this moment; false when it came to its end before. Notes the checkpoints it told of.
fn kill_at(child: &mut Child, moment: &Moment, saved: &mut BTreeSet<u32>) -> bool {
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut news = lines.filter_map(|line| line.strip_prefix("news ").map(str::to_owned));
    let mut note = |news: String| saved.extend(checkpoint_in(&news));
    for _ in 0..moment.news {
        match news.next() {
            Some(told) => note(told),
            None => {
                assert!(child.wait().unwrap().success(), "the child failed");
                return false;
            }
        }
    }
    std::thread::sleep(Duration::from_micros(moment.micros));
    child.kill().unwrap();
    news.for_each(note);
    !child.wait().unwrap().success()
}

fn checkpoint_in(news: &str) -> Option<u32> {
    news.strip_prefix("Checkpoint { step: ")?.split(',').next()?.parse().ok()
}

/// Everything in sight in the killed run's folder is whole: the checkpoints it told of, as many as are kept, and the
/// best; and a result only if it is the result, or the one that it had begun with.
pub fn assert_nothing_is_half(folder: &Path, saved: &BTreeSet<u32>) {
    let run = folder.join("killed");
    let steps = checkpoints(&run);
    let newest = steps.last();
    steps.iter().for_each(|step| assert_whole(&run.join(format!("ckpt-{step}"))));
    assert!(newest >= saved.last(), "{saved:?} were saved, and {steps:?} are there");
    assert!(steps.len() >= saved.len().min(2), "{saved:?} were saved, and only {steps:?} are there");
    if let Some(newest) = newest {
        let state = fs::read_to_string(run.join(format!("ckpt-{newest}/state.json"))).unwrap();
        let state: Value = serde_json::from_str(&state).unwrap();
        let best = state["best"]["step"].as_u64().unwrap() as u32;
        assert!(steps.contains(&best), "the best is {best}, and {steps:?} are there");
    }
    if run.join("result").exists() {
        let found = contents(&run.join("result"));
        let is = |other: &str| folder.join(other).exists() && found == contents(&folder.join(other));
        assert!(is("whole/result") || is("begun/result"), "the result is half");
    }
}

/// The steps of the folders that are called checkpoints.
pub fn checkpoints(run: &Path) -> BTreeSet<u32> {
    let Ok(entries) = fs::read_dir(run) else { return BTreeSet::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_prefix("ckpt-")?.parse().ok()).collect()
}

/// The manifest is there and lists exactly what lies beside it.
fn assert_whole(checkpoint: &Path) {
    let mut found = contents(checkpoint);
    let manifest = found.iter().position(|(name, _)| name == "manifest.json");
    let manifest = manifest.unwrap_or_else(|| panic!("{} has no manifest", checkpoint.display()));
    let (_, manifest) = found.remove(manifest);
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let hash = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let found: Vec<_> = found.iter().map(|(name, bytes)| (name.clone(), hash(bytes))).collect();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let listed = manifest["files"].as_array().unwrap().iter().map(|file| (text(&file["name"]), text(&file["sha256"])));
    assert_eq!(found, listed.collect::<Vec<_>>(), "{} is not whole", checkpoint.display());
}
