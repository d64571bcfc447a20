//! What an optimiser's formula is given: a parameter with its gradient, and its moments.

/// The formula of an optimiser, ready for one parameter at one step.
pub(super) trait Rule: Sync {
    /// Updates some of the parameter's values and their moments, which are in the order of `moment_names`.
    fn update(&self, values: &mut [f32], gradient: &[f32], moments: &mut [&mut [f32]]);
}

/// One parameter to update.
pub struct Parameter<'a> {
    /// Its name, the same at each step.
    pub name: &'a str,
    /// Its values, updated in place.
    pub values: &'a mut [f32],
    /// The gradient of each value, before `gradient_scale`.
    pub gradient: &'a [f32],
    /// How far it moves.
    pub learning_rate: f64,
    /// How strongly it is pulled towards zero.
    pub weight_decay: f64,
}
