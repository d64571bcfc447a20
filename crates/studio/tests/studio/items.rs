//! Names, tags, the bin, and files made from runs.

use tunesmith_protocol::*;

use crate::support::*;

const NAMES: [&str; 4] = ["Rezepte 🍲 “für alle”", "it's; DROP TABLE items; --", "a/b\\c: <b>", "名前"];

#[test]
fn any_name_can_be_given() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    for name in NAMES {
        for (kind, id) in [(ItemKind::Dataset, &dataset.id), (ItemKind::Model, &model.id)] {
            studio.rename(Rename { item: ItemRef { kind, id: id.clone() }, name: name.into() }).unwrap();
        }
        assert_eq!(studio.list_datasets(()).unwrap()[0].name, name);
        let renamed = studio.list_models(()).unwrap().into_iter().find(|other| other.id == model.id).unwrap();
        assert_eq!(renamed.name, name);
    }
    let item = ItemRef { kind: ItemKind::Dataset, id: dataset.id };
    assert_eq!(studio.rename(Rename { item: item.clone(), name: "  ".into() }).unwrap_err().code, ErrorCode::Invalid);
    let tags = vec![" good ".to_owned(), "good".into(), String::new(), "🍲".into()];
    studio.set_tags(SetTags { item, tags }).unwrap();
    assert_eq!(studio.list_datasets(()).unwrap()[0].tags, ["good", "🍲"]);
}

#[test]
fn a_deleted_thing_comes_back_until_the_bin_is_emptied() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let run = studio.start_run(wish(&model, &dataset, settings(2))).unwrap();
    let run = wait_for(studio.as_ref(), &run.id, is_done);
    let items =
        [(ItemKind::Run, run.id.clone()), (ItemKind::Dataset, dataset.id.clone()), (ItemKind::Model, model.id.clone())];
    let items = items.map(|(kind, id)| ItemRef { kind, id });
    let counts = || {
        let added =
            studio.list_models(()).unwrap().into_iter().filter(|model| model.source == ModelSource::Folder).count();
        (studio.list_runs(()).unwrap().len(), studio.list_datasets(()).unwrap().len(), added)
    };
    while studio.running() {
        std::thread::yield_now();
    }
    for item in &items {
        studio.delete(item.clone()).unwrap();
    }
    assert_eq!(counts(), (0, 0, 0));
    assert!(!std::path::Path::new(&run.path).exists());
    for item in &items {
        studio.restore(item.clone()).unwrap();
    }
    assert_eq!(counts(), (1, 1, 1));
    assert_eq!(studio.get_run(run.id.clone()).unwrap(), run);

    for item in &items {
        studio.delete(item.clone()).unwrap();
    }
    studio.empty_bin(()).unwrap();
    assert_eq!(studio.restore(items[0].clone()).unwrap_err().code, ErrorCode::NotFound);
    assert!(std::path::Path::new(&model.path).is_dir(), "a model's own folder stays where it is");
    let bin = studio.usage(()).unwrap().parts.into_iter().find(|part| part.what == "Bin").unwrap();
    assert_eq!(bin.bytes, 0);
}

#[test]
fn names_and_tags_that_no_list_could_show_are_refused_wherever_they_are_given() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    for wrong in ["two\nlines", "red \u{1b}[31m", &"x".repeat(201)] {
        let import = ImportDataset { name: Some(wrong.into()), ..import_of(&[&place.data_file(5)]) };
        assert_eq!(studio.import_dataset(import).unwrap_err().code, ErrorCode::Invalid, "{wrong:?}");
        let start = StartRun { name: Some(wrong.into()), ..wish(&model, &dataset, settings(1)) };
        assert_eq!(studio.start_run(start).unwrap_err().code, ErrorCode::Invalid, "{wrong:?}");
        let item = ItemRef { kind: ItemKind::Dataset, id: dataset.id.clone() };
        let tags = SetTags { item, tags: vec!["fine".into(), wrong.into()] };
        assert_eq!(studio.set_tags(tags).unwrap_err().code, ErrorCode::Invalid, "{wrong:?}");
    }
    assert_eq!((studio.list_datasets(()).unwrap().len(), studio.list_runs(()).unwrap().len()), (1, 0));
}

#[test]
fn names_that_nobody_chose_are_told_apart_by_a_number() {
    let place = Place::new();
    let studio = place.open();
    let (model, first) = place.stocked(studio.as_ref());
    let again = || studio.import_dataset(import_of(&[&place.data_file(9)])).unwrap().name;
    assert_eq!((first.name.as_str(), again(), again()), ("counting", "counting 2".into(), "counting 3".into()));
    let start = |name: Option<&str>, preset: Option<&str>| {
        let (name, preset) = (name.map(str::to_owned), preset.map(str::to_owned));
        studio.start_run(StartRun { name, preset, ..wish(&model, &first, settings(1)) }).unwrap()
    };
    let own = format!("counting · {}", model.name);
    let runs = [
        start(None, Some("balanced")),
        start(None, None),
        start(Some(" "), None),
        start(Some("Mine"), None),
        start(Some("Mine"), None),
    ];
    let names = runs.each_ref().map(|run| run.name.clone());
    assert_eq!(names, [own.clone(), format!("{own} 2"), format!("{own} 3"), "Mine".into(), "Mine".into()]);
    assert_eq!(runs.each_ref().map(|run| run.preset.as_deref()), [Some("balanced"), None, None, None, None]);
    studio
        .rename(Rename { item: ItemRef { kind: ItemKind::Run, id: runs[1].id.clone() }, name: "Other".into() })
        .unwrap();
    assert_eq!(start(None, None).name, format!("{own} 2"), "a free number is taken again");
}

#[test]
fn the_bin_lists_what_is_in_it_and_lets_go_of_one_thing_at_a_time() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let other = studio.import_dataset(import_of(&[&place.data_file(8)])).unwrap();
    let chat = studio.open_chat(OpenChat { run: None, model: Some(model.id.clone()) }).unwrap();
    let item = |kind, id: &str| ItemRef { kind, id: id.into() };
    let chat = item(ItemKind::Chat, &chat.id);
    studio.rename(Rename { item: chat.clone(), name: "First".into() }).unwrap();
    studio.delete(chat.clone()).unwrap();
    studio.restore(chat.clone()).unwrap();
    studio.rename(Rename { item: chat.clone(), name: "Second".into() }).unwrap();
    assert_eq!(studio.list_bin(()).unwrap(), []);
    let all = [
        item(ItemKind::Dataset, &dataset.id),
        item(ItemKind::Dataset, &other.id),
        chat,
        item(ItemKind::Model, &model.id),
    ];
    for item in &all {
        studio.delete(item.clone()).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let binned = studio.list_bin(()).unwrap();
    let listed: Vec<&ItemRef> = binned.iter().map(|binned| &binned.item).collect();
    assert_eq!(listed, all.iter().rev().collect::<Vec<_>>(), "the last deleted first");
    assert_eq!((binned[0].name.as_str(), binned[0].bytes), (model.name.as_str(), 0), "it lies elsewhere");
    assert_eq!(binned[1].name, "Second");
    assert!(binned[1].bytes > 0 && binned[2].bytes > 1000 && binned[3].deleted_ms > 0, "{binned:?}");

    studio.delete_for_good(all[0].clone()).unwrap();
    assert_eq!(studio.restore(all[0].clone()).unwrap_err().code, ErrorCode::NotFound);
    studio.restore(all[1].clone()).unwrap();
    assert_eq!(studio.list_datasets(()).unwrap().len(), 1);
    assert_eq!(studio.list_bin(()).unwrap().len(), 2);
    for here in [&all[1], &all[0]] {
        let error = studio.delete_for_good(here.clone()).unwrap_err();
        assert_eq!(error.code, ErrorCode::NotFound, "what is not in the bin is not removed");
    }
    assert_eq!(studio.list_datasets(()).unwrap().len(), 1);
}

#[test]
fn a_running_run_cannot_be_deleted() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let run = studio.start_run(wish(&model, &dataset, settings(4000))).unwrap();
    let item = ItemRef { kind: ItemKind::Run, id: run.id.clone() };
    assert_eq!(studio.delete(item.clone()).unwrap_err().code, ErrorCode::Busy);
    studio.shutdown();
    studio.delete(item).unwrap();
}

#[test]
fn loss_curves_and_run_files_can_be_saved() {
    let place = Place::new();
    let studio = place.open();
    let (model, dataset) = place.stocked(studio.as_ref());
    let run = studio.start_run(wish(&model, &dataset, settings(30))).unwrap();
    wait_for(studio.as_ref(), &run.id, is_done);
    let item = ItemRef { kind: ItemKind::Run, id: run.id.clone() };
    studio.rename(Rename { item, name: "Counting & <more>".into() }).unwrap();
    let save = |kind, name: &str| {
        let path = place.path().join(name);
        let save_to = Some(path.as_path().into());
        let file = studio.run_file(RunFileRequest { run: run.id.clone(), kind, save_to }).unwrap();
        (file, std::fs::read(path).unwrap())
    };
    let (file, png) = save(RunFileKind::ChartPng, "chart.png");
    assert!(png.starts_with(b"\x89PNG") && file.name == "counting-more.png" && file.base64.is_empty());
    let (_, svg) = save(RunFileKind::ChartSvg, "chart.svg");
    let svg = String::from_utf8(svg).unwrap();
    assert!(svg.contains("Validation loss") && svg.contains("Counting &amp; &lt;more&gt;"), "{svg}");
    let (file, csv) = save(RunFileKind::MetricsCsv, "measured.csv");
    let csv = String::from_utf8(csv).unwrap();
    let lines: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert!(file.name.ends_with(".csv") && lines.iter().all(|line| line.len() == 9), "{csv}");
    assert_eq!((lines[0][0], lines[0][3], lines.len()), ("step", "validation_loss", 1 + 31), "step 0 and 30 more");
    let known = studio.get_run(run.id.clone()).unwrap();
    assert_eq!(lines[1][3].parse::<f64>().ok(), known.first_eval_loss, "step 0 has a validation loss and nothing else");
    assert_eq!((lines[1][0], lines[1][2], lines[31][0]), ("0", "", "30"));
    assert!(lines[31][2].parse::<f64>().unwrap() > 0.0 && lines[31][8].parse::<f64>().unwrap() > 0.0, "{csv}");
    let (_, yaml) = save(RunFileKind::Yaml, "run.yaml");
    let config = tunesmith_studio::run_file::parse(&String::from_utf8(yaml).unwrap()).unwrap();
    assert_eq!(config, studio.get_run(run.id.clone()).unwrap().config, "the file stands for the run");
    let bytes = studio.run_file(RunFileRequest { run: run.id, kind: RunFileKind::ChartSvg, save_to: None }).unwrap();
    assert!(!bytes.base64.is_empty());
}
