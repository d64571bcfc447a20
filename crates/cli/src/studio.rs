//! `tunesmith studio`: the whole studio in a browser.

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tunesmith_sentence::{NOTHING, say};
use tunesmith_server::{Limits, Options, Server};
use tunesmith_studio::{default_home, uploads_folder};

use crate::home::{Home, typed_path};
use crate::interrupt::Interrupt;
use crate::out::WrongUsage;
use crate::{Ended, Out};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The port on this computer; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 7860)]
    port: u16,
    /// Open the link in the desktop's browser
    #[arg(long)]
    open: bool,
    /// Let the browser add models from below this folder; may be given several times
    #[arg(long, value_name = "FOLDER", value_parser = typed_path())]
    models: Vec<PathBuf>,
}

pub(crate) fn serve(arguments: &Arguments, out: &Out) -> anyhow::Result<Ended> {
    if let Some(missing) = arguments.models.iter().find(|folder| !folder.is_dir()) {
        return Err(
            WrongUsage::from(say!("shell-studio-no-models", "--models: {missing} is not a folder", missing)).into()
        );
    }
    let home = Home::open()?;
    let interrupt = Interrupt::listen(NOTHING)?;
    home.start_queue()?;
    let options = Options {
        port: arguments.port,
        open: arguments.open,
        model_folders: arguments.models.clone(),
        uploads: Some(uploads_folder(&default_home())?),
        limits: limits(tunesmith_studio::raise_open_files()),
        ..Options::default()
    };
    let server = Server::start(home.api.clone(), options)?;
    let link = server.new_link();
    out.json(&json!({ "type": "ready", "link": link, "port": server.port() }));
    if !out.is_json() {
        tell_ready(&link, server.port(), out);
    }
    if !out.is_json() && std::io::stdin().is_terminal() {
        let links = server.links();
        std::thread::spawn(move || {
            for _ in std::io::stdin().lock().lines().map_while(Result::ok) {
                println!("    {}\n", links.new_link());
            }
        });
    }
    while !interrupt.asked() {
        std::thread::sleep(Duration::from_millis(100));
    }
    let training = home.running();
    if training {
        out.note(say!(
            "shell-studio-stopping",
            "Stopping the run after this step and saving; press Ctrl-C again to leave at once"
        ));
    }
    server.stop();
    drop(home);
    Ok(if training { Ended::Interrupted } else { Ended::Done })
}

/// Connections take at most a quarter of the files that may be open: the rest is for training.
fn limits(open_files: Option<u64>) -> Limits {
    let usual = Limits::default();
    let quarter = open_files.map_or(usual.connections, |files| usize::try_from(files / 4).unwrap_or(usual.connections));
    Limits { connections: quarter.clamp(1, usual.connections), ..usual }
}

fn tell_ready(link: &str, port: u16, out: &Out) {
    out.line(say!(
        "shell-studio-ready",
        "Tunesmith is ready. Open this link in a browser; it works once, within ten minutes:"
    ));
    out.plain(format!("\n    {link}\n"));
    out.note(say!(
        "shell-studio-remote",
        "From another computer: ssh -L {port}:127.0.0.1:{port} THIS-COMPUTER, then open the link there",
        port = port.to_string()
    ));
    out.note(say!("shell-studio-keys", "Enter prints a new link, Ctrl-C ends the studio"));
}
