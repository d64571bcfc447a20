//! A shell with a home, a tiny model and a dataset of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Where commands run.
pub struct Shell {
    folder: TempDir,
}

/// What a command printed and how it ended.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// The JSON lines, after checking that it went well.
    pub fn lines(&self) -> Vec<Value> {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self.json()
    }

    /// The JSON lines, however it ended: stdout may hold nothing else.
    pub fn json(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line:?}"));
        self.stdout.lines().map(parse).collect()
    }

    /// The `type` of each JSON line.
    pub fn types(&self) -> Vec<String> {
        self.json().iter().map(|line| line["type"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Shell {
    /// With the model in `model/`, 24 rows in `rows.jsonl` and a run file in `run.yaml`.
    pub fn new() -> Self {
        let shell = Self { folder: tempfile::tempdir().unwrap() };
        tunesmith_tests::tiny_model(&shell.path("model")).unwrap();
        let row = |number: usize| {
            format!(
                r#"{{"messages":[{{"role":"user","content":"Say {number}"}},{{"role":"assistant","content":"It is {number}."}}]}}"#
            )
        };
        shell.write("rows.jsonl", &(0..24).map(row).collect::<Vec<_>>().join("\n"));
        shell.write("run.yaml", &run_file("max_steps: 6\n  eval_every: 3\n  save_every: 2"));
        shell
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "")
    }

    /// Runs a command to its end with `input` on stdin.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut child = self.command(arguments).spawn().unwrap();
        let written = child.stdin.take().unwrap().write_all(input.as_bytes());
        // It need not read to the end.
        assert!(written.is_ok() || written.is_err_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe));
        Ran::of(child.wait_with_output().unwrap())
    }

    /// Runs a command to its end with these variables in its environment.
    pub fn run_in(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).envs(variables.iter().copied()).output().unwrap())
    }

    /// Starts a command and leaves it running.
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::of(self.command(arguments))
    }

    /// Starts a command that may have only so many files open.
    #[cfg(target_os = "linux")]
    pub fn start_with_files(&self, most: u32, arguments: &[&str]) -> Running {
        let program = self.command(arguments);
        let mut command = self.prepared(Command::new("sh"));
        command.args(["-c", &format!("ulimit -n {most}; exec \"$0\" \"$@\"")]);
        command.arg(program.get_program()).args(program.get_args());
        Running::of(command)
    }

    /// Runs a command to its end that may map only so many KiB.
    #[cfg(target_os = "linux")]
    pub fn run_with_address_space(&self, most_kib: u64, arguments: &[&str]) -> Ran {
        self.run_with_limit(&format!("-v {most_kib}"), arguments)
    }

    /// Runs a command to its end whose files may have only so many blocks.
    #[cfg(unix)]
    pub fn run_with_file_size(&self, most_blocks: u64, arguments: &[&str]) -> Ran {
        self.run_with_limit(&format!("-f {most_blocks}"), arguments)
    }

    #[cfg(unix)]
    fn run_with_limit(&self, limit: &str, arguments: &[&str]) -> Ran {
        let program = self.command(arguments);
        let mut command = self.prepared(Command::new("sh"));
        command.args(["-c", &format!("ulimit {limit}; exec \"$0\" \"$@\"")]);
        command.arg(program.get_program()).args(program.get_args());
        Ran::of(command.output().unwrap())
    }

    /// Starts a command that finds programs in this folder of the shell's first.
    pub fn start_with_programs(&self, folder: &str, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        command.env("PATH", format!("{}:{}", self.path(folder).display(), std::env::var("PATH").unwrap()));
        Running::of(command)
    }

    /// Starts a command as a terminal does that can be closed, even where the tests run under `nohup`.
    #[cfg(target_os = "linux")]
    pub fn start_in_a_terminal(&self, arguments: &[&str]) -> Running {
        let program = self.command(arguments);
        let mut command = self.prepared(Command::new("env"));
        command.arg("--default-signal=HUP").arg(program.get_program()).args(program.get_args());
        Running::of(command)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.prepared(Command::new(env!("CARGO_BIN_EXE_tunesmith")));
        command.args(arguments);
        command
    }

    fn prepared(&self, mut command: Command) -> Command {
        command
            .current_dir(self.folder.path())
            .env("TUNESMITH_HOME", self.path("home"))
            .env("HF_HOME", self.path("no-cache"))
            .env_remove("HF_HUB_CACHE")
            .env("TUNESMITH_LANGUAGE", "en");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// A command that is still running; it is ended with the test.
pub struct Running {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next JSON line.
    pub fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line:?}"))
    }

    /// JSON lines up to one of this type.
    pub fn until(&mut self, kind: &str) -> Value {
        loop {
            let line = self.next();
            if line["type"] == kind {
                return line;
            }
        }
    }

    /// The heaps that its threads have beside the first one: glibc lays them where 64 MiB begin.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    pub fn further_heaps(&self) -> usize {
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", self.child.id())).unwrap();
        let is_heap = |line: &&str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let start = words[0].split('-').next().and_then(|start| u64::from_str_radix(start, 16).ok()).unwrap();
            words.len() == 5 && words[1] == "rw-p" && start.is_multiple_of(64 << 20)
        };
        maps.lines().filter(is_heap).count()
    }

    /// What Ctrl-C does.
    pub fn interrupt(&self) {
        self.signal("-INT");
    }

    /// What a power cut does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// What closing the terminal does.
    #[cfg(target_os = "linux")]
    pub fn close_the_terminal(&self) {
        self.signal("-HUP");
    }

    /// What Ctrl-Z does.
    #[cfg(target_os = "linux")]
    pub fn stop(&self) {
        self.signal("-STOP");
    }

    /// What `fg` does.
    #[cfg(target_os = "linux")]
    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// What it has told people, once it has ended.
    pub fn stderr(&mut self) -> String {
        std::io::read_to_string(self.child.stderr.take().unwrap()).unwrap()
    }

    /// Waits for the end, not forever.
    pub fn end(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A run file for the tiny model with these lines under `training`.
pub fn run_file(training: &str) -> String {
    format!(
        "base_model: model\ndata:\n  path: rows.jsonl\n  validation: 0.25\ntraining:\n  batch_size: 2\n  gradient_accumulation: 1\n  lora_rank: 4\n  {training}\n"
    )
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
