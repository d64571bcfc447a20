//! The fast versions of the operations: one pass over f32 slices each, on all threads of the current rayon pool.
//! Every number is summed in an order that does not depend on the number of threads.

pub(crate) mod attention;
pub(crate) mod cross_entropy;
pub(crate) mod elementwise;
pub(crate) mod math;
pub(crate) mod matmul;
pub(crate) mod norm;

/// Compiles a loop twice, for every CPU and for those with AVX2, and picks at run time. Both give the same bits: no
/// product and sum are fused, and the order of sums is written out.
macro_rules! simd {
    ($(#[$meta:meta])* fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? $body:block) => {
        $(#[$meta])*
        #[inline]
        pub(crate) fn $name($($arg: $type),*) $(-> $out)? {
            #[inline(always)]
            fn portable($($arg: $type),*) $(-> $out)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2($($arg: $type),*) $(-> $out)? {
                    portable($($arg),*)
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: the CPU has just been asked for AVX2.
                    return unsafe { avx2($($arg),*) };
                }
            }
            portable($($arg),*)
        }
    };
}
pub(crate) use simd;

/// Numbers per task: enough that starting a task costs nothing, few enough that all threads get some.
pub(crate) const GRAIN: usize = 16 * 1024;

/// Rows of this width per task.
pub(crate) fn rows_per_task(width: usize) -> usize {
    (GRAIN / width.max(1)).max(1)
}
