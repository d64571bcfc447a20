//! Runs as the user sees them: their folders read into a list, one of them going at a time in a background thread.

mod desk;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use tunesmith_protocol::{ErrorCode, ItemKind, Preferences, Run, RunRecord, RunState, StartRun, WireError};

pub(crate) use desk::Desk;
use desk::Going;

use crate::carry::{Order, carry_out};
use crate::control;
use crate::db::Item;
use crate::digest::Digest;
use crate::frozen::Frozen;
use crate::home::{self, RunFolder};
use crate::journal::Journal;
use crate::run_config::{RunNews, StopRun};
use crate::{Studio, clock, datasets, explain, models, preview, run_file};

/// All runs, the newest first.
pub(crate) fn list(studio: &Studio) -> Result<Vec<Run>, WireError> {
    adopt(studio)?;
    let items = studio.db.items(ItemKind::Run)?.into_iter().filter(|item| !item.deleted);
    Ok(items.filter_map(|item| read(studio, item).ok()).collect())
}

/// One run.
pub(crate) fn get(studio: &Studio, id: &str) -> Result<Run, WireError> {
    let gone = || WireError::not_found(format!("There is no run “{id}”"));
    let item = studio.db.item(ItemKind::Run, id)?.filter(|item| !item.deleted).ok_or_else(gone)?;
    read(studio, item)
}

/// What a run was started with.
pub(crate) fn frozen(studio: &Studio, id: &str) -> Result<(RunFolder, Frozen), WireError> {
    get(studio, id)?;
    let folder = studio.home.run(id)?;
    let frozen = Frozen::read(&folder)?;
    Ok((folder, frozen))
}

/// Starts a run in the background.
pub(crate) fn start(studio: &Studio, args: StartRun) -> Result<Run, WireError> {
    let problems = args.training.problems();
    if !problems.is_empty() {
        let sentences: Vec<String> = problems.into_iter().map(|problem| problem.message).collect();
        return Err(WireError::invalid(sentences.join("; "), "Change the settings"));
    }
    let model = models::usable(studio, &args.model)?;
    let dataset = datasets::at(studio, &args.dataset, args.version)?;
    let name = args.name.clone().filter(|name| !name.trim().is_empty());
    let name = name.unwrap_or_else(|| format!("{} · {}", dataset.name, model.name));
    let id = clock::new_id(&dataset.name);
    let frozen = Frozen {
        id: id.clone(),
        name: name.clone(),
        config: run_file::of(&model, &dataset, &args.training),
        model: model.id.clone(),
        model_name: model.name.clone(),
        model_path: model.path.clone().into(),
        model_hash: models::fingerprint(model.path.as_ref())?,
        dataset: dataset.id.clone(),
        dataset_name: dataset.name.clone(),
        dataset_version: Some(dataset.number),
        data_version: dataset.version.clone(),
        system_prompt: dataset.system_prompt.clone(),
        started_ms: clock::now_ms(),
        tunesmith: env!("CARGO_PKG_VERSION").into(),
    };
    let going = studio.desk.take_seat(&id, || busy(studio))?;
    let settled = write_folder(studio, &frozen).and_then(|folder| {
        studio.db.add(ItemKind::Run, &id, &name, "null", frozen.started_ms)?;
        go(studio, folder, frozen, going, false)
    });
    settled.inspect_err(|_| studio.desk.leave_seat())?;
    get(studio, &id)
}

/// Asks a run to stop at its next step, whichever process trains it.
pub(crate) fn stop(studio: &Studio, id: &str) -> Result<(), WireError> {
    let run = get(studio, id)?;
    if studio.desk.ask_to_stop(id, StopRun::Save) {
        return Ok(());
    }
    let folder = studio.home.run(id)?;
    match folder.is_locked() {
        true => control::ask_to_stop(&folder),
        false => Err(WireError::invalid(format!("“{}” is not running", run.name), "")),
    }
}

/// Goes on from the newest checkpoint; a paused run tries again.
pub(crate) fn resume(studio: &Studio, id: &str) -> Result<Run, WireError> {
    let run = get(studio, id)?;
    let wrong = |what: &str| WireError::invalid(format!("“{}” {what}", run.name), "");
    match run.status {
        RunState::Paused { .. } if studio.desk.ask_to_retry(id) => return get(studio, id),
        RunState::Preparing | RunState::Running | RunState::Paused { .. } => return Err(wrong("is running already")),
        RunState::Done => return Err(wrong("is finished; start a new run to train again")),
        RunState::Stopped | RunState::Interrupted | RunState::Failed { .. } => {}
    }
    let (folder, frozen) = frozen(studio, id)?;
    if frozen.model == "starter" {
        models::unpacked_starter(studio)?;
    }
    if models::fingerprint(&frozen.model_path)? != frozen.model_hash {
        return Err(WireError::invalid(
            format!(
                "The base model in {} is not the one that “{}” was started with",
                frozen.model_path.display(),
                run.name
            ),
            "Bring the old files back, or start a new run",
        ));
    }
    let going = studio.desk.take_seat(id, || busy(studio))?;
    go(studio, folder, frozen, going, true).inspect_err(|_| studio.desk.leave_seat())?;
    get(studio, id)
}

/// Indexes runs that the database does not know: another process made them here, or the database is new.
fn adopt(studio: &Studio) -> Result<(), WireError> {
    let known = studio.db.items(ItemKind::Run)?;
    for (id, folder) in folders(studio) {
        if !known.iter().any(|item| item.id == id)
            && let Ok(frozen) = Frozen::read(&folder)
        {
            studio.db.add(ItemKind::Run, &id, &frozen.name, "null", frozen.started_ms)?;
        }
    }
    Ok(())
}

/// The folders of the home's runs with their ids.
fn folders(studio: &Studio) -> impl Iterator<Item = (String, RunFolder)> {
    home::entries(&studio.home.runs()).into_iter().filter_map(|path| {
        let id = path.file_name()?.to_str()?.to_owned();
        Some((id, RunFolder::at(path)))
    })
}

/// Notes runs that were going when their process died.
pub(crate) fn rebuild(studio: &Studio) -> Result<(), WireError> {
    adopt(studio)?;
    for (id, folder) in folders(studio) {
        let mut digest = Digest::default();
        digest.catch_up(&folder);
        if digest.is_going() && !folder.is_locked() {
            let record = RunRecord::Status { status: RunState::Interrupted };
            let noted = folder.lock().and_then(|_lock| {
                let mut journal = Journal::open(&folder).map_err(explain::io(folder.metrics()))?;
                let written = journal.append(&record).map_err(explain::io(folder.metrics()));
                journal.give_space_back();
                written.map(drop)
            });
            if let Err(error) = noted {
                tracing::warn!("{id} was interrupted, which could not be noted: {error}");
            }
        }
    }
    Ok(())
}

/// Why nothing else can start now.
pub(crate) fn busy(studio: &Studio) -> WireError {
    let name = studio
        .desk
        .going_id()
        .and_then(|id| get(studio, &id).ok())
        .map_or_else(|| "Another run".into(), |run| format!("“{}”", run.name));
    WireError::new(
        ErrorCode::Busy,
        format!("{name} is training, and runs go one at a time"),
        "Wait until it is done, or stop it",
    )
}

fn read(studio: &Studio, item: Item) -> Result<Run, WireError> {
    let folder = studio.home.run(&item.id)?;
    let frozen = Frozen::read(&folder)?;
    let digest = digest(studio, &item.id, &folder);
    let status = match digest.is_going() {
        _ if studio.desk.is_starting(&item.id) => RunState::Preparing,
        true if !studio.desk.is_going(&item.id) && !folder.is_locked() => RunState::Interrupted,
        _ => digest.state.clone(),
    };
    let result = folder.result();
    let best = digest.best_eval();
    Ok(Run {
        id: item.id,
        name: item.name,
        status,
        config: frozen.config,
        model: frozen.model,
        model_name: frozen.model_name,
        dataset: frozen.dataset,
        dataset_name: frozen.dataset_name,
        dataset_version: frozen.dataset_version,
        system_prompt: frozen.system_prompt,
        step: digest.step,
        loss: digest.loss,
        first_eval_loss: digest.first_eval_loss(),
        best_eval_loss: best.map(|(_, loss)| loss),
        best_step: digest.best_step.or(best.map(|(step, _)| step)),
        result_path: result.is_dir().then(|| result.to_string_lossy().into_owned()),
        path: folder.path().to_string_lossy().into_owned(),
        size_bytes: home::size(folder.path()),
        tags: item.tags,
        started_ms: frozen.started_ms,
        elapsed_ms: digest.elapsed_ms,
        plan: digest.plan,
    })
}

/// The digest of a run's records: what the database has of it, and what was written since.
fn digest(studio: &Studio, id: &str, folder: &RunFolder) -> Digest {
    let mut digests = studio.digests.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let digest = digests.entry(id.to_owned()).or_insert_with(|| studio.db.digest(id).unwrap_or_default());
    let changed = digest.catch_up(folder);
    // While a run goes, memory is enough; an index that is behind catches up by itself.
    if changed
        && !digest.is_going()
        && let Err(error) = studio.db.set_digest(id, digest)
    {
        tracing::warn!("{id} could not be indexed: {error}");
    }
    digest.clone()
}

fn write_folder(studio: &Studio, frozen: &Frozen) -> Result<RunFolder, WireError> {
    let folder = studio.home.run(&frozen.id)?;
    let fresh = RunFolder::at(folder.path().with_extension("tmp"));
    let write = || {
        fs::create_dir_all(fresh.path()).map_err(explain::io(fresh.path()))?;
        frozen.write(&fresh)?;
        fs::rename(fresh.path(), folder.path()).map_err(explain::io(folder.path()))?;
        home::sync_folder(&studio.home.runs()).map_err(explain::io(folder.path()))
    };
    write()?;
    Ok(folder)
}

/// Trains in a thread of its own.
fn go(studio: &Studio, folder: RunFolder, frozen: Frozen, going: Arc<Going>, resume: bool) -> Result<(), WireError> {
    studio.room.empty();
    let me = studio.me()?;
    let Preferences { device, threads, .. } = me.preferences()?;
    let work = move || {
        let ended = carry_out(Order {
            folder: &folder,
            frozen: &frozen,
            device,
            threads: threads as usize,
            resume,
            trainer: me.trainer,
            prepare: &mut |progress| {
                let dataset = datasets::at(&me, &frozen.dataset, frozen.dataset_version)?;
                let model = models::usable(&me, &frozen.model)?;
                preview::sides(&me, &model, &dataset, &frozen.config.training, progress)
            },
            report: &mut |news| {
                if let RunNews::Record(record) = news {
                    going.has_told();
                    if matches!(record, RunRecord::Status { .. }) {
                        me.library_changed();
                    }
                }
                going.answer()
            },
            retry: &mut |_: Duration| going.waits_to_retry(),
        });
        match ended {
            Ok(finished) => tracing::info!("{} ended at step {}", frozen.id, finished.step),
            Err(error) => tracing::warn!("{} ended: {error}", frozen.id),
        }
        me.desk.leave_seat();
        me.library_changed();
    };
    let thread = std::thread::Builder::new().name("training".into()).spawn(work);
    thread
        .map(|thread| studio.desk.seat(thread))
        .map_err(|error| WireError::internal(format!("no thread to train in: {error}")))?;
    studio.library_changed();
    Ok(())
}
