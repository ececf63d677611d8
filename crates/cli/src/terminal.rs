//! What all commands share that ask questions: the clock, colours, and how bad input is told.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

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

/// Tells what is wrong with the input. Names of an export and words of a server must not command the terminal.
pub(crate) fn bad_input(error: &BadQuestion) -> ExitCode {
    let text = error.to_string().replace(char::is_control, "\u{fffd}");
    eprintln!("keyward: {text}");
    ExitCode::from(BAD_INPUT)
}
