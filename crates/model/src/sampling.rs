//! How the next token is drawn from its logits.

use crate::random::Random;

/// How the next token is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// 0 is greedy.
    pub temperature: f64,
    /// Only the most likely tokens whose probabilities reach this sum are drawn from; 1 takes all.
    pub top_p: f64,
    /// The longest answer, in tokens.
    pub max_new_tokens: usize,
    /// The same seed gives the same answer.
    pub seed: u64,
    /// How much less likely a token becomes that the prompt or the answer holds already; 1 changes nothing.
    pub repetition_penalty: f64,
}

impl Sampling {
    /// Makes tokens that were `seen` less likely, as transformers' `repetition_penalty` does (Keskar et al. 2019, CTRL,
    /// arXiv:1909.05858): positive logits are divided, negative ones multiplied, once per token.
    pub fn penalise(&self, logits: &mut [f32], seen: &[u32]) {
        if self.repetition_penalty == 1.0 {
            return;
        }
        let penalty = self.repetition_penalty as f32;
        let mut is_done = vec![false; logits.len()];
        for &id in seen {
            let Some(logit) = logits.get_mut(id as usize) else { continue };
            if !std::mem::replace(&mut is_done[id as usize], true) {
                *logit = if *logit < 0.0 { *logit * penalty } else { *logit / penalty };
            }
        }
    }

    /// The next token, the `number`th of the answer.
    pub(crate) fn draw(&self, logits: &[f32], number: usize) -> u32 {
        if self.temperature <= 0.0 {
            return greedy(logits);
        }
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let weight = |logit: &f32| (f64::from(logit - most) / self.temperature).exp();
        let mut choices: Vec<(u32, f64)> =
            logits.iter().enumerate().map(|(id, logit)| (id as u32, weight(logit))).collect();
        choices.sort_by(|a, b| b.1.total_cmp(&a.1));
        let all: f64 = choices.iter().map(|choice| choice.1).sum();
        let mut reached = 0.0;
        let enough = choices.iter().position(|choice| {
            reached += choice.1;
            reached >= self.top_p * all
        });
        choices.truncate(enough.map_or(choices.len(), |last| last + 1));
        let kept: f64 = choices.iter().map(|choice| choice.1).sum();
        let mut left = Random::new(self.seed, &format!("token {number}")).uniform() * kept;
        let drawn = choices.iter().find(|choice| {
            left -= choice.1;
            left < 0.0
        });
        drawn.or(choices.last()).map_or(0, |choice| choice.0)
    }
}

/// The most likely token; of equals the first.
fn greedy(logits: &[f32]) -> u32 {
    let best = logits.iter().enumerate().fold(
        (0, f32::NEG_INFINITY),
        |best, (id, &logit)| {
            if logit > best.1 { (id, logit) } else { best }
        },
    );
    best.0 as u32
}
