//! Products of strided matrices through the gemm crate, written to a target or added to it.

use gemm::Parallelism;

/// A matrix inside a slice.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    numbers: &'a [f32],
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Rows of `columns` numbers, one after another.
    pub(crate) fn new(numbers: &'a [f32], columns: usize) -> Self {
        Self::strided(numbers, numbers.len() / columns.max(1), columns, columns)
    }

    /// Rows of `columns` numbers that start `row_stride` apart.
    pub(crate) fn strided(numbers: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        assert!(rows == 0 || (rows - 1) * row_stride + columns <= numbers.len(), "the matrix lies in the slice");
        Self { numbers, rows, columns, row_stride, column_stride: 1 }
    }

    /// The transpose, without a copy.
    pub(crate) fn t(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// A matrix to write to: rows that start `row_stride` apart. Several tasks may write to different columns of one
/// buffer, so it is a pointer; whoever makes one sees to it that no two overlap.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    numbers: *mut f32,
    row_stride: usize,
}

// SAFETY: a pointer to numbers; that no two tasks write to the same ones is upheld where targets are made.
unsafe impl Send for Target {}
unsafe impl Sync for Target {}

impl Target {
    /// Writes to `numbers` from its start.
    pub(crate) fn new(numbers: &mut [f32], row_stride: usize) -> Self {
        Self { numbers: numbers.as_mut_ptr(), row_stride }
    }

    /// The same rows, from another row and column on.
    ///
    /// # Safety
    /// The place lies in the buffer.
    pub(crate) unsafe fn at(self, row: usize, column: usize) -> Self {
        // SAFETY: the caller's promise.
        Self { numbers: unsafe { self.numbers.add(row * self.row_stride + column) }, ..self }
    }

    /// `length` numbers of row `row`.
    ///
    /// # Safety
    /// They lie in the buffer and nothing else reads or writes them while the slice lives.
    pub(crate) unsafe fn row<'a>(self, row: usize, length: usize) -> &'a mut [f32] {
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.numbers.add(row * self.row_stride), length) }
    }
}

/// What happens to the numbers that are there already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    /// They are overwritten.
    Write,
    /// The product is added.
    Add,
}

/// target = scale · left right, or target += scale · left right, on all threads.
pub(crate) fn product(target: &mut [f32], store: Store, scale: f32, left: Matrix, right: Matrix) {
    assert_eq!(target.len(), left.rows * right.columns, "the product fills the target");
    let target = Target::new(target, right.columns);
    // Below this it costs more to wake threads than to compute.
    let small = left.rows * left.columns * right.columns < 64 * 64 * 64;
    let threads = if small { Parallelism::None } else { Parallelism::Rayon(rayon::current_num_threads()) };
    // SAFETY: the target is as large as the product and borrowed mutably.
    unsafe { multiply(target, store, scale, left, right, threads) }
}

/// The same on the calling thread alone, into a part of a buffer.
///
/// # Safety
/// The product's rows lie in the target's buffer and nothing else reads or writes them meanwhile.
pub(crate) unsafe fn product_here(target: Target, store: Store, scale: f32, left: Matrix, right: Matrix) {
    // SAFETY: the caller's promise.
    unsafe { multiply(target, store, scale, left, right, Parallelism::None) }
}

unsafe fn multiply(target: Target, store: Store, scale: f32, left: Matrix, right: Matrix, threads: Parallelism) {
    assert_eq!(left.columns, right.rows, "the inner widths agree");
    // SAFETY: the matrices lie in their slices (checked when made) and the target is the caller's promise.
    unsafe {
        gemm::gemm(
            left.rows,
            right.columns,
            left.columns,
            target.numbers,
            1,
            target.row_stride as isize,
            store == Store::Add,
            left.numbers.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.numbers.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            1.0,
            scale,
            false,
            false,
            false,
            threads,
        )
    }
}
