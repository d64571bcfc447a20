//! Optimisers: they update parameters by their gradients and keep moments from step to step, which can be saved, so that a
//! resumed run goes on exactly where it stopped. Each formula is a `Rule` in a file of its own.

mod adamw;
mod dynamic;
mod lion;
mod moments;
mod rule;

use std::collections::BTreeMap;

use rayon::prelude::*;
use tunesmith_protocol::Optimizer as Choice;

use adamw::AdamW;
use lion::Lion;
use rule::Rule;

pub use dynamic::DynamicMap;
pub use moments::{Moment, QuantizedMoment};
pub use rule::Parameter;

/// Numbers per task: whole blocks, and fixed, so that the tasks do not depend on the number of threads.
const CHUNK: usize = 1 << 15;

/// Tensors of fewer numbers keep 32-bit moments, as with bitsandbytes: they take little memory, and norms need them.
const LEAST_8BIT: usize = 4096;

/// The optimiser and what it remembers of each parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimizer {
    choice: Choice,
    /// Updates done.
    pub updates: u64,
    /// The moments by the parameter's name.
    pub moments: BTreeMap<String, Moments>,
}

/// What is remembered of one parameter, by the moment's name.
pub type Moments = BTreeMap<String, Moment>;

impl Optimizer {
    /// An optimiser that has seen nothing yet.
    pub fn new(choice: Choice) -> Self {
        Self { choice, updates: 0, moments: BTreeMap::new() }
    }

    /// One update of all parameters with `gradient_scale` × gradient.
    pub fn step(&mut self, parameters: &mut [Parameter], gradient_scale: f64) {
        self.updates += 1;
        let (choice, updates) = (self.choice, self.updates);
        for Parameter { name, values, .. } in parameters.iter() {
            self.moments.entry((*name).to_owned()).or_insert_with(|| fresh(choice, name, values.len()));
        }
        let mut moments: BTreeMap<&str, &mut Moments> =
            self.moments.iter_mut().map(|(name, moments)| (&**name, moments)).collect();
        let work: Vec<_> =
            parameters.iter_mut().filter_map(|parameter| Some((moments.remove(parameter.name)?, parameter))).collect();
        work.into_par_iter().for_each(|(moments, parameter)| match choice {
            Choice::AdamW | Choice::AdamW8bit => {
                update(&AdamW::new(parameter, updates, gradient_scale), parameter, moments);
            }
            Choice::Lion => update(&Lion::new(parameter, gradient_scale), parameter, moments),
        });
    }

    /// The bytes of everything remembered.
    pub fn size_bytes(&self) -> u64 {
        self.moments.values().flat_map(BTreeMap::values).map(Moment::size_bytes).sum()
    }

    /// A parameter that does not have the moments of this optimiser, if there is one.
    pub(crate) fn incomplete(&self) -> Option<&str> {
        let names = moment_names(self.choice);
        let incomplete = |moments: &Moments| !moments.keys().map(String::as_str).eq(names.iter().copied());
        self.moments.iter().find(|(_, moments)| incomplete(moments)).map(|(parameter, _)| &**parameter)
    }
}

fn fresh(choice: Choice, name: &str, length: usize) -> Moments {
    let in_8_bits = keeps_8_bits(choice, name, length);
    let moment = |moment: &&str| ((*moment).to_owned(), Moment::fresh(moment, length, in_8_bits));
    moment_names(choice).iter().map(moment).collect()
}

/// The bytes that the moments of a parameter of `length` numbers take.
pub(crate) fn moment_bytes(choice: Choice, name: &str, length: u64) -> u64 {
    let one = match keeps_8_bits(choice, name, usize::try_from(length).unwrap_or(usize::MAX)) {
        true => length + 4 * length.div_ceil(moments::BLOCK as u64),
        false => 4 * length,
    };
    one * moment_names(choice).len() as u64
}

/// What is remembered of a parameter. Sorted: a map keeps them in this order.
fn moment_names(choice: Choice) -> &'static [&'static str] {
    match choice {
        Choice::AdamW | Choice::AdamW8bit => &[moments::FIRST, moments::SECOND],
        Choice::Lion => &[moments::FIRST],
    }
}

/// Embeddings stay in 32 bits, as in Dettmers et al. (2022): their gradients are few and very unequal.
fn keeps_8_bits(choice: Choice, name: &str, length: usize) -> bool {
    choice == Choice::AdamW8bit && length >= LEAST_8BIT && !name.contains("embed")
}

fn update(rule: &impl Rule, parameter: &mut Parameter, moments: &mut Moments) {
    let values = parameter.values.chunks_mut(CHUNK).zip(parameter.gradient.chunks(CHUNK));
    let mut work: Vec<_> = values.map(|(values, gradient)| (values, gradient, Vec::new())).collect();
    for moment in moments.values_mut() {
        work.iter_mut().zip(moment.chunks(CHUNK)).for_each(|((_, _, moments), chunk)| moments.push(chunk));
    }
    work.into_par_iter().for_each(|(values, gradient, moments)| moments::update(rule, values, gradient, moments));
}
