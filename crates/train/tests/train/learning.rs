//! What training does to the numbers.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use candle_core::{DType, Device};
use tempfile::tempdir;
use tunesmith_model::{Adapter, Decoder, Sequences, WeightFormat};
use tunesmith_protocol::{AutoOr, Method, Scheduler, TrainSettings};
use tunesmith_train::{Job, Outcome, TrainError, TrainPlan};

use crate::tiny::{Told, contents, job, list_anew, rows, settings, train};

#[test]
fn one_batch_can_be_learned_by_heart() {
    for (method, learning_rate, max_steps) in [(Method::Lora, 0.02, 300), (Method::Full, 0.01, 120)] {
        let folder = tempdir().unwrap();
        let mut job = job(folder.path(), "run", method);
        job.settings = TrainSettings {
            learning_rate,
            max_steps: Some(max_steps),
            lora_rank: 16,
            lora_alpha: 32.0,
            scheduler: Scheduler::Constant,
            eval_every: AutoOr::Steps(1000),
            save_every: AutoOr::Steps(1000),
            weight_decay: 0.0,
            ..settings(method)
        };
        job.training = job.training[..4].to_vec().into();
        job.validation = Default::default();
        make_sure_of_its_words(&job.base);
        let (_, told) = train(job);
        let last = told.steps.last().unwrap().loss;
        assert!(last < 0.05, "{method:?}: four rows can be learned by heart, and the loss is still {last}");
    }
}

#[test]
fn four_batches_of_one_are_one_batch_of_four() {
    let run = |batch_size, gradient_accumulation| {
        let folder = tempdir().unwrap();
        let mut job = job(folder.path(), "run", Method::Lora);
        job.settings = TrainSettings { batch_size, gradient_accumulation, ..job.settings };
        train(job).1
    };
    let (apart, together) = (run(1, 4), run(4, 1));
    assert_eq!(apart.steps.len(), together.steps.len());
    for (apart, together) in apart.steps.iter().zip(&together.steps) {
        assert!((apart.loss - together.loss).abs() < 1e-6, "step {}: {} and {}", apart.step, apart.loss, together.loss);
        assert!((apart.grad_norm / together.grad_norm - 1.0).abs() < 1e-5, "step {}: gradients differ", apart.step);
        assert_eq!(apart.learned_tokens, together.learned_tokens);
    }
}

#[test]
fn the_loss_is_a_mean_over_learned_tokens_of_the_whole_step() {
    let folder = tempdir().unwrap();
    let mut job = job(folder.path(), "run", Method::Lora);
    job.settings = TrainSettings { batch_size: 1, gradient_accumulation: 12, max_steps: Some(1), ..job.settings };
    let decoder =
        Decoder::load(&job.base, WeightFormat::F32, &Device::Cpu, &mut |_| ControlFlow::Continue(())).unwrap();
    let sums: Vec<_> = job.training.iter().map(|row| loss(&decoder, &Adapter::none(), row)).collect();
    let expected =
        sums.iter().map(|sum| sum.nats).sum::<f64>() / sums.iter().map(|sum| sum.learned as f64).sum::<f64>();
    let (_, told) = train(job);
    assert!((told.steps[0].loss - expected).abs() < 1e-6, "{} is not {expected}", told.steps[0].loss);
}

#[test]
fn the_last_short_batch_of_an_epoch_is_used() {
    let folder = tempdir().unwrap();
    let mut job = job(folder.path(), "run", Method::Lora);
    job.training = rows(10).into();
    job.settings = TrainSettings { max_steps: None, epochs: 1.0, ..job.settings };
    let learned = |row: &tunesmith_data::Tokens| row.learn.iter().skip(1).filter(|learn| **learn).count() as u64;
    let expected: u64 = job.training.iter().map(learned).sum();
    let (_, told) = train(job);
    assert_eq!(told.steps.len(), 3, "10 rows in steps of 4 are 3 steps");
    assert_eq!(told.steps.iter().map(|step| step.learned_tokens).sum::<u64>(), expected, "every row is learned once");
}

#[test]
fn the_best_step_is_kept_and_patience_ends_the_run() {
    let folder = tempdir().unwrap();
    let mut job = job(folder.path(), "run", Method::Lora);
    // Learning by heart with a high rate makes the held-out rows worse soon.
    job.settings = TrainSettings {
        learning_rate: 0.05,
        max_steps: Some(200),
        early_stopping_patience: Some(3),
        scheduler: Scheduler::Constant,
        ..job.settings
    };
    let (base, validation) = (job.base.clone(), job.validation.clone());
    let (outcome, told) = train(job);
    let Outcome::Done { step, best_step, result } = outcome.unwrap() else { panic!("it should end by itself") };
    assert!(step < 200, "patience should have ended the run");
    let best = told.evals[1..].iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    assert_eq!(best_step, best.0, "the step with the lowest validation loss is kept");
    assert_eq!(step, best_step + 6, "three measurements, two steps apart, came after the best");
    let decoder = Decoder::load(&base, WeightFormat::F32, &Device::Cpu, &mut |_| ControlFlow::Continue(())).unwrap();
    let adapter = Adapter::load(&result, &Device::Cpu).unwrap();
    let sums: Vec<_> = validation.iter().map(|row| loss(&decoder, &adapter, row)).collect();
    let kept = sums.iter().map(|sum| sum.nats).sum::<f64>() / sums.iter().map(|sum| sum.learned as f64).sum::<f64>();
    assert!((kept - best.1).abs() < 1e-5, "the kept adapter has loss {kept}, the best step had {}", best.1);
}

#[test]
fn validation_is_measured_before_the_first_step_and_after_the_last() {
    let folder = tempdir().unwrap();
    let mut job = job(folder.path(), "run", Method::Lora);
    job.settings.eval_every = AutoOr::Steps(4);
    let (_, told) = train(job);
    assert_eq!(told.evals.iter().map(|eval| eval.0).collect::<Vec<_>>(), [0, 4, 8, 10]);
}

#[test]
fn a_trained_model_is_a_base_model_itself() {
    for method in [Method::Full, Method::Scratch] {
        let folder = tempdir().unwrap();
        let first = job(folder.path(), "first", method);
        let base = first.base.clone();
        let (outcome, _) = train(first);
        let Outcome::Done { result, .. } = outcome.unwrap() else { panic!("it should end by itself") };
        for name in ["tokenizer.json", "chat_template.jinja"] {
            assert_eq!(fs::read(result.join(name)).unwrap(), fs::read(base.join(name)).unwrap(), "{name} comes along");
        }
        let mut second = job(folder.path(), "second", Method::Lora);
        second.base = result;
        assert!(train(second).0.is_ok(), "what {method:?} made can be tuned again");
    }
}

#[test]
fn weights_from_scratch_depend_on_the_seed_alone() {
    let run = |seed| {
        let folder = tempdir().unwrap();
        let mut job = job(folder.path(), "run", Method::Scratch);
        job.settings = TrainSettings { seed, max_steps: Some(2), ..job.settings };
        train(job).0.unwrap();
        contents(&folder.path().join("run/result"))
    };
    assert!(run(1) == run(1), "the same seed gives the same model");
    assert!(run(1) != run(2), "another seed gives another model");
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    for method in [Method::Lora, Method::Full] {
        let run = |threads| -> (Vec<_>, Told) {
            let folder = tempdir().unwrap();
            let mut job = job(folder.path(), "run", method);
            job.threads = threads;
            let (outcome, told) = train(job);
            outcome.unwrap();
            (contents(&folder.path().join("run/result")), told)
        };
        let ((one, told_one), (three, told_three)) = (run(1), run(3));
        assert!(one == three, "{method:?}: the result differs");
        assert_eq!(told_one.numbers(), told_three.numbers());
        assert_eq!(told_one.evals, told_three.evals);
    }
}

#[test]
fn a_batch_too_large_for_one_micro_batch_is_cut_and_nothing_is_lost() {
    let folder = tempdir().unwrap();
    let steps = |output: &str, batch_size, gradient_accumulation| {
        let mut job = job(folder.path(), output, Method::Lora);
        job.training = rows(120).into();
        job.settings = TrainSettings { batch_size, gradient_accumulation, max_steps: Some(3), ..job.settings };
        train(job).1.steps
    };
    for (whole, apart) in steps("whole", 120, 1).iter().zip(steps("apart", 1, 120)) {
        assert_eq!(whole.learned_tokens, apart.learned_tokens);
        assert!((whole.loss - apart.loss).abs() < 1e-6, "step {}: {} and {}", whole.step, whole.loss, apart.loss);
    }
}

#[test]
fn micro_batches_side_by_side_give_what_they_give_one_after_another() {
    let run = |tight: bool| {
        let folder = tempdir().unwrap();
        let job = |available_bytes, output: &str| Job { available_bytes, ..job(folder.path(), output, Method::Lora) };
        // One byte less than two at once need, and only one is computed at a time.
        let side_by_side = TrainPlan::new(job(1 << 30, "run")).unwrap().summary().fit.needed_bytes;
        train(job(if tight { side_by_side - 1 } else { side_by_side }, "run")).0.unwrap();
        contents(&folder.path().join("run/result"))
    };
    assert!(run(true) == run(false), "the result differs");
}

#[test]
fn recomputation_changes_no_loss() {
    let run = |gradient_checkpointing| {
        let folder = tempdir().unwrap();
        let mut job = job(folder.path(), "run", Method::Lora);
        job.settings.gradient_checkpointing = gradient_checkpointing;
        train(job).1.numbers()
    };
    assert_eq!(run(tunesmith_protocol::Switch::On), run(tunesmith_protocol::Switch::Off));
}

#[test]
fn the_only_step_of_a_run_learns() {
    let folder = tempdir().unwrap();
    let mut job = job(folder.path(), "run", Method::Lora);
    job.settings = TrainSettings { max_steps: Some(1), warmup_ratio: 0.03, ..job.settings };
    let Outcome::Done { result, .. } = train(job).0.unwrap() else { panic!("it should end by itself") };
    let adapter = Adapter::load(&result, &Device::Cpu).unwrap();
    for (module, pair) in &adapter.pairs {
        let largest = pair.b.abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
        assert!(largest > 0.0, "{module} has learned nothing");
    }
}

#[test]
fn a_run_that_learned_nothing_has_failed_and_leaves_no_result() {
    for method in [Method::Lora, Method::Full] {
        let folder = tempdir().unwrap();
        let mut job = job(folder.path(), "run", method);
        job.settings.weight_decay = 0.0;
        // A model of zeros says the same of every token, whatever an adapter adds.
        let mut decoder =
            Decoder::load(&job.base, WeightFormat::F32, &Device::Cpu, &mut |_| ControlFlow::Continue(())).unwrap();
        for (name, weight) in decoder.parameters() {
            decoder.set_parameter(&name, weight.zeros_like().unwrap()).unwrap();
        }
        decoder.save(&job.base, DType::F32).unwrap();
        let error = train(job).0.unwrap_err();
        let expected = "Nothing was learned in 10 steps: the gradient was 0 at every step";
        assert_eq!(error.to_string(), expected, "{method:?}");
        assert!(!error.hint().is_empty() && !folder.path().join("run/result").exists());
    }
}

#[test]
fn steps_too_small_to_change_anything_have_taught_nothing() {
    type Change = fn(&mut TrainSettings);
    let ways: [(Method, Change); 5] = [
        (Method::Lora, |settings| settings.max_grad_norm = 1e-30),
        (Method::Dora, |settings| settings.max_grad_norm = 1e-30),
        (Method::Full, |settings| settings.max_grad_norm = 1e-30),
        (Method::Scratch, |settings| settings.max_grad_norm = 1e-30),
        (Method::Lora, |settings| (settings.max_grad_norm, settings.modules_to_save) = (1e-30, vec!["lm_head".into()])),
    ];
    for (index, (method, change)) in ways.into_iter().enumerate() {
        let folder = tempdir().unwrap();
        let mut job = job(folder.path(), "run", method);
        job.settings.weight_decay = 0.0;
        change(&mut job.settings);
        let error = train(job).0.expect_err(&format!("{index}"));
        let expected = "Nothing was learned in 10 steps: every step was too small";
        assert!(error.to_string().starts_with(expected), "{index}: {error}");
        assert!(error.hint().to_string().contains("max gradient norm"));
        assert!(!folder.path().join("run/result").exists());
    }
    // An adapter that is continued stays as it was, too.
    let folder = tempdir().unwrap();
    let Outcome::Done { result, .. } = train(job(folder.path(), "run", Method::Lora)).0.unwrap() else { panic!() };
    let mut next = job(folder.path(), "next", Method::Lora);
    next.settings.init_adapter = Some(result.to_string_lossy().into_owned().into());
    (next.settings.max_grad_norm, next.settings.weight_decay) = (1e-30, 0.0);
    let error = train(next).0.unwrap_err();
    assert!(error.to_string().contains("every step was too small"), "{error}");
}

#[test]
fn a_small_learning_rate_is_learning() {
    for method in [Method::Lora, Method::Full] {
        let folder = tempdir().unwrap();
        let mut job = job(folder.path(), "run", method);
        (job.settings.learning_rate, job.settings.max_steps) = (1e-6, Some(1));
        assert!(matches!(train(job).0.unwrap(), Outcome::Done { .. }), "{method:?}");
    }
}

#[test]
fn an_adapter_whose_b_stayed_zero_has_learned_nothing() {
    let folder = tempdir().unwrap();
    let job = |resume| {
        let mut job = Job { resume, ..job(folder.path(), "run", Method::Lora) };
        job.settings.max_steps = Some(1);
        job
    };
    train(job(false)).0.unwrap();
    // As a run of before left it, whose one step had a rate of 0.
    let checkpoint = folder.path().join("run/ckpt-1");
    let mut adapter = Adapter::load(&checkpoint, &Device::Cpu).unwrap();
    for pair in adapter.pairs.values_mut() {
        pair.b = pair.b.zeros_like().unwrap();
    }
    adapter.save(&checkpoint, "tiny").unwrap();
    list_anew(&checkpoint, "adapter_model.safetensors");
    let error = train(job(true)).0.unwrap_err();
    let expected =
        "Nothing was learned in 1 step: every B matrix of the adapter is still 0, so the model answers as before";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_loss_that_is_no_number_says_which_step_and_what_to_try() {
    let folder = tempdir().unwrap();
    let mut job = job(folder.path(), "run", Method::Full);
    job.settings = TrainSettings {
        learning_rate: 1.0,
        weight_decay: 10.0,
        max_grad_norm: 0.0,
        max_steps: Some(2000),
        scheduler: Scheduler::Constant,
        eval_every: AutoOr::Steps(5000),
        save_every: AutoOr::Steps(5000),
        ..job.settings
    };
    job.validation = Default::default();
    let (outcome, told) = train(job);
    let Err(error) = outcome else { panic!("weights that grow ninefold at each step should overflow") };
    assert!(matches!(error, TrainError::Diverged { step, .. } if step == told.steps.len() as u32 + 1), "{error}");
    assert!(error.hint().contains("learning rate"), "{}", error.hint());
}

#[test]
fn after_a_divergence_a_new_run_continues_from_the_best_checkpoint() {
    let folder = tempdir().unwrap();
    let wild = |output: &str| {
        let mut job = job(folder.path(), output, Method::Lora);
        job.settings = TrainSettings {
            learning_rate: 1.0,
            weight_decay: 10.0,
            max_grad_norm: 0.0,
            max_steps: Some(2000),
            scheduler: Scheduler::Constant,
            warmup_ratio: 0.0,
            ..job.settings
        };
        job
    };
    let error = train(wild("run")).0.unwrap_err();
    let TrainError::Diverged { checkpoint: Some((step, checkpoint)), .. } = &error else { panic!("{error}") };
    assert_eq!(*checkpoint, folder.path().join(format!("run/ckpt-{step}")));
    let hint = error.hint().to_string();
    assert!(hint.contains("init_adapter") && hint.contains(&checkpoint.display().to_string()), "{hint}");
    assert!(!hint.contains("and resume"), "resuming refuses another rate: {hint}");
    // What the hint says can be done.
    let mut again = wild("again");
    again.settings = TrainSettings {
        learning_rate: 1e-3,
        weight_decay: 0.0,
        max_steps: Some(2),
        init_adapter: Some(checkpoint.as_path().into()),
        ..again.settings
    };
    assert!(matches!(train(again).0.unwrap(), Outcome::Done { step: 2, .. }));

    // Saved after every step, the newest checkpoint holds the very weights that computed no number.
    let mut often = wild("often");
    often.settings.save_every = AutoOr::Steps(1);
    often.validation = Default::default();
    let (outcome, told) = train(often);
    let Err(TrainError::Diverged { checkpoint, .. }) = outcome else { panic!("it diverges as before") };
    assert!(checkpoint.is_none_or(|(step, _)| step < told.steps.len() as u32));
}

#[test]
fn a_loss_that_is_no_number_before_the_first_step_is_not_blamed_on_the_learning_rate() {
    for validation in [true, false] {
        let folder = tempdir().unwrap();
        let mut job = job(folder.path(), "run", Method::Lora);
        if !validation {
            job.validation = Default::default();
        }
        // Numbers that overflow when they are multiplied: a model that loads, and computes none.
        let mut decoder =
            Decoder::load(&job.base, WeightFormat::F32, &Device::Cpu, &mut |_| ControlFlow::Continue(())).unwrap();
        let name = "model.norm.weight";
        let huge = (decoder.parameters()[name].ones_like().unwrap() * 3e38).unwrap();
        decoder.set_parameter(name, huge.clone()).unwrap();
        decoder
            .set_parameter(
                "model.embed_tokens.weight",
                (&decoder.parameters()["model.embed_tokens.weight"] * 1e30).unwrap(),
            )
            .unwrap();
        decoder.save(&job.base, DType::F32).unwrap();
        let error = train(job).0.unwrap_err();
        assert!(matches!(error, TrainError::NoNumber { .. }), "{error}");
        let told = format!("{error}. {}", error.hint());
        assert!(told.contains("base model") && !told.contains("learning rate"), "{told}");
    }
}

/// Scales the embedding, which is the head too, up to what training makes of it: with the small random numbers of a
/// new model no adapter could make any token likely.
fn make_sure_of_its_words(base: &Path) {
    let mut decoder = Decoder::load(base, WeightFormat::F32, &Device::Cpu, &mut |_| ControlFlow::Continue(())).unwrap();
    let name = "model.embed_tokens.weight";
    let louder = (&decoder.parameters()[name] * 50.0).unwrap();
    decoder.set_parameter(name, louder).unwrap();
    decoder.save(base, DType::F32).unwrap();
}

fn loss(decoder: &Decoder, adapter: &Adapter, row: &tunesmith_data::Tokens) -> tunesmith_model::SummedLoss {
    let sequences = Sequences { ids: &row.ids, learn: &row.learn, lengths: &[row.ids.len()] };
    decoder.loss(adapter, &sequences).unwrap()
}
