//! `tunesmith`.

fn main() -> std::process::ExitCode {
    tunesmith_studio::share_heaps();
    tunesmith_studio::survive_large_files();
    if let Some(ended) = tunesmith_cli::work(std::env::args_os()) {
        return ended;
    }
    tunesmith_studio::raise_open_files();
    if let Ok(program) = std::env::current_exe() {
        tunesmith_studio::render_with(program);
    }
    tunesmith_cli::run(std::env::args_os())
}
