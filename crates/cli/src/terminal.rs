//! What all commands share that ask questions: the clock, colours, progress, and how bad input is told.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use indicatif::{ProgressBar, ProgressStyle};
use keyward_analysis::BadQuestion;
use keyward_diagnose::Style;

/// The question could not be answered.
pub(crate) const BAD_INPUT: u8 = 2;

/// Returns the time in seconds since the Unix epoch.
pub(crate) fn now() -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    i64::try_from(now).unwrap_or(i64::MAX)
}

/// Colours are for terminals whose user has not turned them off.
pub(crate) fn style() -> Style {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if std::io::stdout().is_terminal() && !no_colour && !dumb {
        Style::Colour
    } else {
        Style::Plain
    }
}

/// Prints an answer. Whoever reads it may stop early, as `head` does.
pub(crate) fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Tells what is wrong with the input. Names of an export and words of a server must not command the terminal.
pub(crate) fn bad_input(error: &BadQuestion) -> ExitCode {
    let text = error.to_string().replace(char::is_control, "\u{fffd}");
    eprintln!("keyward: {text}");
    ExitCode::from(BAD_INPUT)
}

/// How long work may take before anything is shown of it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows how far work is, once it takes more than a second, on a terminal and nowhere else. Goes away when dropped.
pub(crate) struct Progress {
    what: &'static str,
    started: Instant,
    bar: Option<ProgressBar>,
    is_terminal: bool,
}

impl Progress {
    /// Begins; `what` is counted.
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            what,
            started: Instant::now(),
            bar: None,
            is_terminal: std::io::stderr().is_terminal(),
        }
    }

    /// Tells how much is done where nobody knows of how much.
    pub(crate) fn so_far(&mut self, done: usize) {
        if !self.is_terminal || (self.bar.is_none() && self.started.elapsed() < PATIENCE) {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) =
                ProgressStyle::with_template(&format!("{{spinner}} {{pos}} {}", self.what))
            {
                bar.set_style(style);
            }
            bar
        });
        bar.set_position(done as u64);
        bar.tick();
    }

    /// Tells how much is done, and of how much.
    pub(crate) fn at(&mut self, done: usize, total: usize) {
        if !self.is_terminal || (self.bar.is_none() && self.started.elapsed() < PATIENCE) {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::new(total as u64);
            let template = format!("{{bar:40}} {{pos}} of {{len}} {}, {{eta}} left", self.what);
            if let Ok(style) = ProgressStyle::with_template(&template) {
                bar.set_style(style);
            }
            bar
        });
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    }
}

/// How often a sign of life is given.
const TICK: Duration = Duration::from_millis(100);

/// Works, and shows that it does once it takes more than a second, on a terminal and nowhere else.
pub(crate) fn busy<T>(what: &'static str, work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let (done, wait) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if wait.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::new_spinner();
            bar.set_message(what);
            while wait.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                bar.tick();
            }
            bar.finish_and_clear();
        });
        let result = work();
        drop(done);
        result
    })
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
