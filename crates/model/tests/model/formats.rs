//! A model answers in each format in which it can be held, and the memory for it is known beforehand.

use std::ops::ControlFlow;

use candle_core::{DType, Device};
use tunesmith_model::{Adapter, Decoder, Sampling, Session, WeightFormat, generate, inference_memory};

use crate::case::cases;
use crate::formula::Batch;

const FORMATS: [WeightFormat; 4] = [WeightFormat::F32, WeightFormat::Bf16, WeightFormat::Q8, WeightFormat::Q4];
const GREEDY: Sampling =
    Sampling { temperature: 0.0, top_p: 1.0, max_new_tokens: 20, seed: 1, repetition_penalty: 1.0 };

fn go_on(_: u32) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn a_model_loaded_in_a_format_answers_as_one_that_was_turned_into_it() {
    for case in cases() {
        let folder = tempfile::tempdir().unwrap();
        case.decoder.save(folder.path(), DType::F32).unwrap();
        let prompt = Batch::new(&[6], case.decoder.config().vocabulary, 1).ids;
        for format in FORMATS {
            let loaded =
                Decoder::load(folder.path(), format, &Device::Cpu, &mut |_| ControlFlow::Continue(())).unwrap();
            let turned = case.decoder.in_format(format).unwrap();
            let answer = |decoder: &Decoder| generate(decoder, &case.adapter, &prompt, &[], &GREEDY, &mut go_on);
            assert_eq!(answer(&loaded).unwrap(), answer(&turned).unwrap(), "{}, {format:?}", case.name);
            let batch = case.batch();
            let loss = |decoder: &Decoder| decoder.loss(&case.adapter, &batch.sequences()).unwrap();
            assert_eq!(loss(&loaded), loss(&turned), "{}, {format:?}", case.name);
        }
    }
}

#[test]
fn the_memory_of_weights_and_context_is_known_before_they_are_there() {
    for case in cases() {
        let context = case.decoder.config().context_length;
        let everything = Sampling { max_new_tokens: context, ..GREEDY };
        for format in FORMATS {
            let decoder = case.decoder.in_format(format).unwrap();
            let need = inference_memory(decoder.config(), format, context, &Device::Cpu);
            assert_eq!(need.weights, decoder.size_bytes(), "{}, {format:?}", case.name);
            let mut session = Session::new(decoder.with_adapter(&Adapter::none()).unwrap()).unwrap();
            session.generate(&[5, 6, 7], &[], &everything, &mut go_on).unwrap();
            assert_eq!(need.kv_cache, session.size_bytes(), "{}, {format:?}", case.name);
        }
    }
}
