//! Queued runs.

use std::time::Duration;

use tunesmith_protocol::*;

use crate::support::*;

/// A run that goes for long, and three behind it.
fn line_of_four(api: &dyn Api, place: &Place) -> (Run, Vec<String>) {
    let (model, dataset) = place.stocked(api);
    let first = api.start_run(wish(&model, &dataset, settings(4000))).unwrap();
    let behind = (0..3).map(|_| api.start_run(wish(&model, &dataset, settings(2))).unwrap().id).collect();
    (first, behind)
}

fn in_line(api: &dyn Api) -> Vec<String> {
    let waiting = |job: &Job| job.kind == JobKind::Train && matches!(job.state, JobState::Queued { .. });
    api.list_jobs(()).unwrap().into_iter().filter(waiting).map(|job| job.id).collect()
}

#[test]
fn runs_in_line_can_be_moved_held_and_taken_out_and_start_by_themselves() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (first, ids) = line_of_four(api, &place);
    let [a, b, c] = &ids[..] else { panic!("{ids:?}") };
    let order = || {
        in_line(api)
            .iter()
            .map(|id| {
                [(a, "a"), (b, "b"), (c, "c")].into_iter().find(|(known, _)| *known == id).map_or("?", |(_, name)| name)
            })
            .collect::<String>()
    };
    assert_eq!(order(), "abc");

    api.move_job(MoveJob { job: c.clone(), to: Move::First }).unwrap();
    assert_eq!(order(), "cab");
    api.move_job(MoveJob { job: c.clone(), to: Move::Down }).unwrap();
    assert_eq!(order(), "acb");
    api.move_job(MoveJob { job: b.clone(), to: Move::Up }).unwrap();
    assert_eq!(order(), "abc");
    api.move_job(MoveJob { job: a.clone(), to: Move::Up }).unwrap();
    assert_eq!(order(), "abc", "the first stays the first");

    api.hold_job(a.clone()).unwrap();
    assert_eq!(api.get_run(a.clone()).unwrap().status, RunState::Queued { held: true });
    api.cancel_job(c.clone()).unwrap();
    assert_eq!(api.get_run(c.clone()).unwrap().status, RunState::Stopped);
    assert_eq!(api.delete(ItemRef { kind: ItemKind::Run, id: b.clone() }).unwrap_err().code, ErrorCode::Busy);

    api.stop_run(first.id.clone()).unwrap();
    wait_for(api, b, is_done);
    assert_eq!(order(), "a", "who is held back lets the others pass");
    assert_eq!(api.move_job(MoveJob { job: b.clone(), to: Move::Up }).unwrap_err().code, ErrorCode::Invalid);
    api.release_job(a.clone()).unwrap();
    wait_for(api, a, is_done);
    let resumed = api.resume_run(c.clone()).unwrap();
    assert!(matches!(resumed.status, RunState::Queued { .. } | RunState::Preparing), "{:?}", resumed.status);
    wait_for(api, c, is_done);
}

#[test]
fn the_line_survives_the_program_and_goes_on_when_the_user_wishes() {
    let place = Place::new();
    let studio = place.open();
    let (first, ids) = line_of_four(studio.as_ref(), &place);
    records_until(studio.as_ref(), &first.id, |record| matches!(record, RunRecord::Step(_)));
    studio.shutdown();
    drop(studio);

    let studio = place.open();
    assert_eq!(in_line(studio.as_ref()), ids);
    let held = |id: &String| studio.get_run(id.clone()).unwrap().status;
    assert!(ids.iter().all(|id| held(id) == RunState::Queued { held: true }), "without a wish they wait");
    std::thread::sleep(Duration::from_millis(300));
    assert!(!studio.running());
    let wishes = Preferences { resume_queue: true, ..studio.preferences(()).unwrap() };
    studio.set_preferences(wishes).unwrap();
    studio.release_job(ids[0].clone()).unwrap();
    wait_for(studio.as_ref(), &ids[0], is_done);
    studio.shutdown();
    drop(studio);

    let studio = place.open();
    std::thread::sleep(Duration::from_millis(300));
    assert!(!studio.running(), "a program that leaves soon does not start them");
    studio.hold_job(ids[2].clone()).unwrap();
    studio.start_queue().unwrap();
    wait_for(studio.as_ref(), &ids[1], is_done);
    assert_eq!(studio.get_run(ids[2].clone()).unwrap().status, RunState::Queued { held: true });
    studio.release_job(ids[2].clone()).unwrap();
    wait_for(studio.as_ref(), &ids[2], is_done);
}

#[test]
fn lists_hear_how_far_a_run_is_without_asking() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (model, dataset) = place.stocked(api);
    let news = api.subscribe(Topic::Library, 0).unwrap();
    let run = api.start_run(wish(&model, &dataset, settings(4000))).unwrap();
    let moved = |event: &Event| matches!(&event.body, EventBody::RunChanged { run: told } if told.id == run.id && told.step > 0);
    let told = (0..300).any(|_| {
        let group = news.next_within(Duration::from_millis(100)).unwrap().unwrap_or_default();
        group.iter().any(moved)
    });
    assert!(told, "a run that trains is told of");
    api.stop_run(run.id.clone()).unwrap();
    wait_for(api, &run.id, |state| *state == RunState::Stopped);
}
