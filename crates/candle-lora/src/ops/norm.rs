//! Norms: RMS norm, y = x · weight / sqrt(mean x² + ε) (Zhang & Sennrich 2019), and layer norm, which takes the mean
//! away first and may add a bias (Ba et al. 2016). They work on runs of the weight's width: on whole tokens, or on each
//! head of a token when the weight is as wide as a head.

use candle_core::Tensor;

use crate::floats::{Floats, edit, fast, tensor};
use crate::kernels::{elementwise, norm as kernel};
use crate::{Norm, NormKind, Result, plain};

/// What backward needs besides x.
#[derive(Debug, Clone)]
pub struct Saved {
    /// The mean of every run, (runs of all tokens); zero for RMS norm.
    means: Tensor,
    /// 1 / sqrt(mean square + ε) of every run.
    inverses: Tensor,
}

impl Norm {
    /// y in the shape of x, and what backward needs.
    ///
    /// # Errors
    /// When shapes do not fit each other, or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<(Tensor, Saved)> {
        if !fast(x) {
            let (y, means, inverses) = plain::norm(self, x)?;
            return Ok((y, Saved { means, inverses }));
        }
        let (numbers, weight) = (Floats::of(x)?, Floats::of(&self.weight)?);
        let (y, means, inverses) = kernel::forward(self.inputs(&numbers, &weight)?, self.epsilon as f32);
        let runs = means.len();
        let y = self.add_bias(tensor(y, x.shape())?)?;
        Ok((y, Saved { means: tensor(means, runs)?, inverses: tensor(inverses, runs)? }))
    }

    /// y once more: cheaper to compute than to keep.
    ///
    /// # Errors
    /// When shapes do not fit each other, or the device fails.
    pub fn recompute(&self, saved: &Saved, x: &Tensor) -> Result<Tensor> {
        if !fast(x) {
            return Ok(plain::norm(self, x)?.0);
        }
        let (numbers, weight) = (Floats::of(x)?, Floats::of(&self.weight)?);
        let (means, inverses) = (Floats::of(&saved.means)?, Floats::of(&saved.inverses)?);
        let kept = kernel::Statistics { means: &means, inverses: &inverses };
        self.add_bias(tensor(kernel::recompute(self.inputs(&numbers, &weight)?, kept), x.shape())?)
    }

    /// `total` + the gradient of x (without a total, that alone). The caller alone holds the total: it is the gradient
    /// that goes around the norm.
    ///
    /// # Errors
    /// When shapes do not fit each other, or the device fails.
    pub fn backward(&self, saved: &Saved, x: &Tensor, grad: &Tensor, total: Option<Tensor>) -> Result<Tensor> {
        if !fast(x) {
            let dx = plain::norm_backward(self, x, (&saved.means, &saved.inverses), grad)?;
            return Ok(total.map_or(Ok(dx.clone()), |total| total + dx)?);
        }
        let total = total.map_or_else(|| x.zeros_like(), Ok)?;
        let (numbers, weight) = (Floats::of(x)?, Floats::of(&self.weight)?);
        let (means, inverses) = (Floats::of(&saved.means)?, Floats::of(&saved.inverses)?);
        let (kept, grad) = (kernel::Statistics { means: &means, inverses: &inverses }, Floats::of(grad)?);
        let inputs = self.inputs(&numbers, &weight)?;
        edit(&total, |total| kernel::backward(inputs, kept, &grad, total))?;
        Ok(total)
    }

    /// The gradient of the weight, in its shape.
    ///
    /// # Errors
    /// When shapes do not fit each other, or the device fails.
    pub fn weight_backward(&self, saved: &Saved, x: &Tensor, grad: &Tensor) -> Result<Tensor> {
        if !fast(x) {
            return plain::norm_weight_backward(self, x, (&saved.means, &saved.inverses), grad);
        }
        let (numbers, weight) = (Floats::of(x)?, Floats::of(&self.weight)?);
        let (means, inverses) = (Floats::of(&saved.means)?, Floats::of(&saved.inverses)?);
        let kept = kernel::Statistics { means: &means, inverses: &inverses };
        let total = kernel::weight_backward(self.inputs(&numbers, &weight)?, kept, &Floats::of(grad)?);
        tensor(total, self.weight.shape())
    }

    fn inputs<'a>(&self, x: &'a [f32], weight: &'a [f32]) -> Result<kernel::Inputs<'a>> {
        Ok(kernel::Inputs { x, weight, width: self.width()?, centre: self.kind == NormKind::Layer })
    }

    fn add_bias(&self, y: Tensor) -> Result<Tensor> {
        let Some(bias) = &self.bias else { return Ok(y) };
        let bias = Floats::of(bias)?;
        edit(&y, |y| elementwise::add_row(y, &bias))?;
        drop(bias);
        Ok(y)
    }
}

/// The gradient of a bias of x's width: the sum over tokens.
///
/// # Errors
/// When shapes do not fit each other, or the device fails.
pub fn bias_backward(grad: &Tensor) -> Result<Tensor> {
    if !fast(grad) {
        return Ok(grad.sum(0)?);
    }
    let width = grad.dim(1)?;
    tensor(elementwise::column_sums(&Floats::of(grad)?, width), width)
}
