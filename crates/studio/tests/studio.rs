//! Facts about the studio, seen through its commands as every window and shell sees it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test ends by panicking")]

#[path = "studio/changes.rs"]
mod changes;
#[path = "studio/chat_templates.rs"]
mod chat_templates;
#[path = "studio/chats.rs"]
mod chats;
#[path = "studio/checks.rs"]
mod checks;
#[path = "studio/checksums.rs"]
mod checksums;
#[path = "studio/conversation.rs"]
mod conversation;
#[path = "studio/damage.rs"]
mod damage;
#[path = "studio/data_room.rs"]
mod data_room;
#[path = "studio/datasets.rs"]
mod datasets;
#[path = "studio/estimates.rs"]
mod estimates;
#[path = "studio/following.rs"]
mod following;
#[path = "studio/full_disk.rs"]
mod full_disk;
#[path = "studio/guests.rs"]
mod guests;
#[path = "studio/items.rs"]
mod items;
#[path = "studio/journey.rs"]
mod journey;
#[path = "studio/losses.rs"]
mod losses;
#[path = "studio/models.rs"]
mod models;
#[cfg(unix)]
#[path = "studio/odd_files.rs"]
mod odd_files;
#[path = "studio/opened.rs"]
mod opened;
#[path = "studio/queue.rs"]
mod queue;
#[path = "studio/restart.rs"]
mod restart;
#[path = "studio/run_files.rs"]
mod run_files;
#[path = "studio/searches.rs"]
mod searches;
#[path = "studio/shapes.rs"]
mod shapes;
#[path = "studio/support.rs"]
mod support;
#[path = "studio/trouble.rs"]
mod trouble;
#[path = "studio/versions.rs"]
mod versions;
