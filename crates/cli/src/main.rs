//! `tunesmith`.

fn main() -> std::process::ExitCode {
    tunesmith_cli::run(std::env::args_os())
}
