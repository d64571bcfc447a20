//! `tunesmith`.

fn main() -> std::process::ExitCode {
    tunesmith_studio::share_heaps();
    tunesmith_cli::run(std::env::args_os())
}
