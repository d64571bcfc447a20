//! How long a run will take and what it needs of the disk, before it starts.

use std::time::Duration;

use tunesmith_protocol::*;
use tunesmith_studio::run_time;
use tunesmith_train::Estimate;

use crate::support::*;

#[test]
fn a_time_is_told_no_more_exactly_than_it_is_known() {
    let told = |seconds: u64| {
        let estimate = Estimate { training: Duration::from_secs(seconds), ..nothing() };
        run_time(&estimate).parts.remove(0).about.text
    };
    assert_eq!(told(3), "a few seconds");
    assert_eq!([8, 44, 54].map(told), ["10 seconds", "40 seconds", "50 seconds"]);
    assert_eq!([56, 80, 106, 149].map(told), ["1 minute", "1½ minutes", "2 minutes", "2½ minutes"]);
    assert_eq!(
        [150, 240, 1169, 1200, 4000].map(told),
        ["3 minutes", "4 minutes", "19 minutes", "20 minutes", "65 minutes"]
    );
    assert_eq!([5300, 6000, 30_000, 40_000].map(told), ["1½ hours", "1½ hours", "8½ hours", "11 hours"]);
    assert_eq!([160_000, 180_000].map(told), ["44 hours", "2 days"]);
}

#[test]
fn the_parts_of_a_time_make_the_whole() {
    let (training, evaluation) = (Duration::from_secs(200), Duration::from_secs(30));
    let estimate = Estimate { training, evaluation, ..nothing() };
    let time = run_time(&estimate);
    assert_eq!(time.ms, time.parts.iter().map(|part| part.ms).sum::<u64>());
    let parts: Vec<_> = time.parts.iter().map(|part| (&*part.what.text, &*part.about.text)).collect();
    assert_eq!(parts, [("Training", "3 minutes"), ("Validation", "30 seconds")]);
    assert_eq!(time.about.text, "about 4 minutes");
    assert_eq!(run_time(&Estimate { at_most: true, ..estimate }).about.text, "at most 4 minutes");
}

fn nothing() -> Estimate {
    Estimate { training: Duration::ZERO, evaluation: Duration::ZERO, files: Duration::ZERO, at_most: false }
}

#[test]
fn a_run_is_measured_once_and_its_time_grows_with_its_steps() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (model, dataset) = place.stocked(api);
    let ask = |steps| api.estimate_run(wish(&model, &dataset, settings(steps)).into()).unwrap();
    let training = |estimate: &RunEstimate| {
        let parts = &estimate.time.as_ref().unwrap().parts;
        parts.iter().find(|part| part.what.text == "Training").unwrap().ms as f64
    };
    let (first, again, longer) = (ask(1600), ask(1600), ask(16_000));
    assert!(!first.busy);
    assert_eq!(again, first, "what was measured is remembered");
    let ratio = training(&longer) / training(&first);
    assert!((9.5..10.5).contains(&ratio), "ten times the steps: {ratio}");
}

#[test]
fn a_measurement_is_a_job_that_can_be_cancelled() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (model, dataset) = place.stocked(api);
    let ask = || api.estimate_run(PreviewRun { start: wish(&model, &dataset, settings(5)), job: Some("mine".into()) });
    // A cancel may come before the call that it is meant for.
    api.cancel_job("mine".into()).unwrap();
    assert_eq!(ask().unwrap_err().code, ErrorCode::Cancelled);
    assert!(ask().unwrap().time.is_some(), "asked again it is measured");
}

#[test]
fn what_cannot_run_has_no_time() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (model, dataset) = place.stocked(api);
    let wrong = TrainSettings { layers: Layers::Ranges(vec![(90, 99)]), ..settings(5) };
    assert_eq!(api.estimate_run(wish(&model, &dataset, wrong).into()).unwrap().time, None);
    let unusable = TrainSettings { batch_size: 0, ..settings(5) };
    assert_eq!(api.estimate_run(wish(&model, &dataset, unusable).into()).unwrap().time, None);
}

#[test]
fn a_preview_says_how_much_of_the_disk_is_needed() {
    let place = Place::new();
    let studio = place.open();
    let api: &dyn Api = studio.as_ref();
    let (model, dataset) = place.stocked(api);
    let preview = api.preview_run(wish(&model, &dataset, settings(100)).into()).unwrap();
    let (plan, disk) = (preview.plan.unwrap(), preview.disk.unwrap());
    assert_eq!(disk.result_bytes, 4 * plan.trainable_parameters);
    // The weights and two moments of each, four times: two, the best, and one that is being written.
    assert_eq!(disk.checkpoint_bytes, 4 * 12 * plan.trainable_parameters);
    assert!(disk.fits && disk.available_bytes.is_none_or(|free| free > 0));
}
