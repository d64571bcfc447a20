//! What can be done with everything the user owns: rename, tag, delete, bring back, and empty the bin.

use std::fs;
use std::path::PathBuf;

use tunesmith_protocol::{ErrorCode, ItemKind, ItemRef, Rename, RunState, SetTags, WireError};

use crate::{Studio, chat, clock, datasets, explain, home, models, runs};

const LONGEST_NAME: usize = 200;

/// Gives a thing another name.
pub(crate) fn rename(studio: &Studio, args: &Rename) -> Result<(), WireError> {
    let name = args.name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(WireError::invalid(format!("A name has 1 to {LONGEST_NAME} characters"), "Choose another name"));
    }
    known(studio, &args.item)?;
    match args.item.kind {
        ItemKind::Chat => chat::rename(studio, &args.item.id, name)?,
        kind => drop(studio.db.rename(kind, &args.item.id, name)?),
    }
    studio.library_changed();
    Ok(())
}

/// Replaces the tags of a thing.
pub(crate) fn set_tags(studio: &Studio, args: &SetTags) -> Result<(), WireError> {
    known(studio, &args.item)?;
    if args.item.kind == ItemKind::Chat {
        return Err(WireError::invalid("A chat has no tags", "Rename it instead"));
    }
    let mut tags: Vec<String> = Vec::new();
    for tag in args.tags.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()) {
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.into());
        }
    }
    studio.db.set_tags(args.item.kind, &args.item.id, &tags)?;
    studio.library_changed();
    Ok(())
}

/// Puts a thing into the bin. What lies outside the home stays where it is and is only no longer shown.
pub(crate) fn delete(studio: &Studio, item: &ItemRef) -> Result<(), WireError> {
    known(studio, item)?;
    let refuse = |message: &str, hint: &str| Err(WireError::invalid(message, hint));
    match item.kind {
        ItemKind::Run if is_going(studio, &item.id)? => {
            return Err(WireError::new(ErrorCode::Busy, "This run is training", "Stop it first"));
        }
        ItemKind::Model if item.id == "starter" => return refuse("The starter model is a part of Tunesmith", ""),
        ItemKind::Model if item.id.starts_with("trained-") => {
            return refuse("This model belongs to the run that trained it", "Delete the run");
        }
        _ => {}
    }
    match item.kind {
        ItemKind::Chat => chat::delete(studio, &item.id)?,
        kind => drop(studio.db.set_deleted(kind, &item.id, Some(clock::now_ms()))?),
    }
    if item.kind == ItemKind::Dataset {
        studio.shelf.visits.forget(&item.id);
    }
    if let Some(folder) = folder(studio, item)? {
        let bin = studio.home.binned(item.kind, &item.id)?;
        move_folder(&folder, &bin).inspect_err(|_| bring_back(studio, item))?;
    }
    studio.library_changed();
    Ok(())
}

/// Brings a deleted thing back.
pub(crate) fn restore(studio: &Studio, item: &ItemRef) -> Result<(), WireError> {
    let gone = || WireError::not_found("This was deleted for good");
    studio.db.item(item.kind, &item.id)?.filter(|item| item.deleted).ok_or_else(gone)?;
    if let Some(folder) = folder(studio, item)? {
        let bin = studio.home.binned(item.kind, &item.id)?;
        if bin.exists() {
            move_folder(&bin, &folder)?;
        } else if !folder.exists() {
            return Err(gone());
        }
    }
    bring_back(studio, item);
    studio.library_changed();
    Ok(())
}

/// Removes everything deleted from the disk.
pub(crate) fn empty_bin(studio: &Studio) -> Result<(), WireError> {
    for kind in [ItemKind::Model, ItemKind::Dataset, ItemKind::Run, ItemKind::Chat] {
        for item in studio.db.items(kind)?.into_iter().filter(|item| item.deleted) {
            let item = ItemRef { kind, id: item.id };
            let places = [folder(studio, &item)?, Some(studio.home.binned(kind, &item.id)?)];
            for place in places.into_iter().flatten().filter(|place| place.exists()) {
                fs::remove_dir_all(&place).map_err(explain::io(&place))?;
            }
            studio.db.forget(kind, &item.id)?;
        }
    }
    // What the database no longer knows goes too.
    let bin = studio.home.bin();
    for place in home::entries(&bin) {
        fs::remove_dir_all(&place).map_err(explain::io(&place))?;
    }
    studio.library_changed();
    Ok(())
}

/// Makes sure that the thing exists and has a row in the database.
fn known(studio: &Studio, item: &ItemRef) -> Result<(), WireError> {
    match item.kind {
        ItemKind::Dataset => datasets::get(studio, &item.id).map(drop),
        ItemKind::Run => runs::get(studio, &item.id).map(drop),
        ItemKind::Model => {
            // The starter, trained models and those of the cache get a row with their first name or tag.
            let model = models::get(studio, &item.id)?;
            studio.db.add(ItemKind::Model, &item.id, &model.name, "null", model.added_ms)
        }
        ItemKind::Chat => {
            let chat = studio.db.chat(&item.id)?;
            studio.db.add(ItemKind::Chat, &item.id, &chat.title, "null", clock::now_ms())
        }
    }
}

fn is_going(studio: &Studio, run: &str) -> Result<bool, WireError> {
    let status = runs::get(studio, run)?.status;
    Ok(studio.desk.is_going(run) || matches!(status, RunState::Preparing | RunState::Running | RunState::Paused { .. }))
}

/// The thing's folder, where the home holds it.
fn folder(studio: &Studio, item: &ItemRef) -> Result<Option<PathBuf>, WireError> {
    Ok(match item.kind {
        ItemKind::Model | ItemKind::Chat => None,
        ItemKind::Dataset => Some(studio.home.dataset(&item.id)?.0),
        ItemKind::Run => Some(studio.home.run(&item.id)?.path().to_path_buf()),
    })
}

fn move_folder(from: &std::path::Path, to: &std::path::Path) -> Result<(), WireError> {
    let parent = to.parent().unwrap_or(to);
    fs::create_dir_all(parent).map_err(explain::io(parent))?;
    if to.exists() {
        fs::remove_dir_all(to).map_err(explain::io(to))?;
    }
    fs::rename(from, to).map_err(explain::io(from))
}

fn bring_back(studio: &Studio, item: &ItemRef) {
    if let Err(error) = studio.db.set_deleted(item.kind, &item.id, None) {
        tracing::error!("{} could not be brought back: {error}", item.id);
    }
}
