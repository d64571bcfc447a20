//! What jobs of several kinds say they are doing.

use tunesmith_sentence::{Sentence, say};

pub(crate) fn reading_rows() -> Sentence {
    say!("job-reading-rows", "Reading the rows")
}

pub(crate) fn measuring_speed() -> Sentence {
    say!("job-measuring-speed", "Measuring how fast this computer trains")
}

pub(crate) fn loading_model() -> Sentence {
    say!("job-loading-model", "Loading the model")
}
