//! `keyward completions` and `keyward man`: what shells and `man` read, made from the same definitions as `--help`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::terminal;

/// What `keyward completions` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyward completions bash > /etc/bash_completion.d/keyward
  keyward completions zsh > ~/.zfunc/_keyward
  keyward completions fish > ~/.config/fish/completions/keyward.fish")]
pub(crate) struct CompletionsArguments {
    /// The shell
    shell: Shell,
}

/// What `keyward man` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  keyward man /usr/local/share/man/man1
  man keyward-explain")]
pub(crate) struct ManArguments {
    /// The directory to write the pages to, one a command
    directory: PathBuf,
}

/// Prints the completions of a shell.
pub(crate) fn completions(arguments: &CompletionsArguments) {
    let mut command = crate::Arguments::command();
    // Printed in one piece: the generator does not bear a reader that stops early.
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "keyward", &mut text);
    terminal::print(&String::from_utf8_lossy(&text));
}

/// Writes the manual pages.
pub(crate) fn man(arguments: &ManArguments) -> anyhow::Result<()> {
    pages(&arguments.directory)
}

fn pages(directory: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(directory)
        .with_context(|| format!("can't make {}", directory.display()))?;
    clap_mangen::generate_to(crate::Arguments::command(), directory)
        .with_context(|| format!("can't write to {}", directory.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_gets_its_completions() {
        for shell in [
            Shell::Bash,
            Shell::Elvish,
            Shell::Fish,
            Shell::PowerShell,
            Shell::Zsh,
        ] {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut crate::Arguments::command(), "keyward", &mut out);
            assert!(
                String::from_utf8(out).unwrap().contains("who-can"),
                "{shell}"
            );
        }
    }

    #[test]
    fn every_command_has_its_page() {
        let directory = tempfile::tempdir().unwrap();
        pages(directory.path()).unwrap();
        for name in [
            "keyward",
            "keyward-explain",
            "keyward-doctor",
            "keyward-who-can",
            "keyward-can",
        ] {
            let page = directory.path().join(format!("{name}.1"));
            let text = std::fs::read_to_string(&page).unwrap();
            assert!(text.contains(".TH"), "{name}");
        }
    }

    /// Splits a line as a shell does, as far as the examples need.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
        for character in line.chars() {
            match character {
                '\'' => quoted = !quoted,
                ' ' if !quoted => {
                    if !word.is_empty() {
                        words.push(std::mem::take(&mut word));
                    }
                }
                other => word.push(other),
            }
        }
        words.push(word);
        words.retain(|word| !word.is_empty());
        words
    }

    /// Every example of every --help is taken by the command that it is of.
    #[test]
    fn examples_are_taken() {
        let mut count = 0;
        for command in crate::Arguments::command().get_subcommands() {
            let Some(help) = command.get_after_help() else {
                continue;
            };
            let text = help.to_string().replace("\\\n", " ");
            for line in text.lines().filter(|line| line.starts_with("  keyward ")) {
                // What the shell takes for itself.
                let line = line.split(" < ").next().unwrap();
                let line = line.split(" > ").next().unwrap();
                if let Err(error) = <crate::Arguments as clap::Parser>::try_parse_from(words(line))
                {
                    panic!("{line}: {error}");
                }
                count += 1;
            }
        }
        assert!(count > 10, "{count} examples");
    }

    #[test]
    fn the_definitions_are_sound() {
        crate::Arguments::command().debug_assert();
    }
}
