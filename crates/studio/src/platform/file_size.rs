//! What the system does with a program whose file would get larger than this shell lets one be (`ulimit -f`).

/// Lets a write that is too large fail as one on a full disk does; to be called when a program starts. By default the system
/// ends the program without a word. Other systems have no such limit.
pub fn survive_large_files() {
    #[cfg(unix)]
    unix::ignore_file_size_signal();
}

#[cfg(unix)]
mod unix {
    use std::ffi::c_int;

    /// `SIG_IGN` of signal.h.
    const IGNORE: usize = 1;

    unsafe extern "C" {
        fn signal(number: c_int, handler: usize) -> usize;
    }

    pub fn ignore_file_size_signal() {
        // SAFETY: no handler is installed. Should it fail, the program ends at such a write as before.
        unsafe { signal(rustix::process::Signal::XFSZ.as_raw(), IGNORE) };
    }
}
