//! Finds Chromium (or Chrome) and its driver, or installs them where the system's packages have them.

use std::env;
use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};

use crate::debian;
use crate::tools::path_folders;

/// A program of the browser, where it may be, and where it comes from.
struct Program {
    what: &'static str,
    /// The environment variable with which people name another one.
    variable: &'static str,
    names: &'static [&'static str],
    elsewhere: &'static str,
    debian_package: &'static str,
}

const CHROME: Program = Program {
    what: "Chromium or Chrome",
    variable: "CHROME",
    names: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"],
    elsewhere: "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    debian_package: "chromium",
};

const DRIVER: Program = Program {
    what: "chromedriver of the browser's version",
    variable: "CHROMEDRIVER",
    names: &["chromedriver"],
    elsewhere: "/usr/lib/chromium-browser/chromedriver",
    debian_package: "chromium-driver",
};

/// The browser.
pub fn chrome() -> Result<PathBuf> {
    CHROME.ensure()
}

/// The program through which tests steer the browser.
pub fn driver() -> Result<PathBuf> {
    DRIVER.ensure()
}

impl Program {
    fn ensure(&self) -> Result<PathBuf> {
        if let Some(path) = env::var_os(self.variable) {
            let path = PathBuf::from(path);
            if !path.is_file() {
                bail!("{} is set to {}, which is no file", self.variable, path.display());
            }
            return Ok(path);
        }
        if let Some(path) = self.find() {
            return Ok(path);
        }
        let why = match debian::install(self.debian_package) {
            Ok(()) => match self.find() {
                Some(path) => return Ok(path),
                None => anyhow!("the package {} brought none", self.debian_package),
            },
            Err(error) => error,
        };
        bail!("no {} ({why:#}): install it, or name it in the variable {}", self.what, self.variable)
    }

    fn find(&self) -> Option<PathBuf> {
        let folders = path_folders();
        let on_path = self.names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        on_path.chain([PathBuf::from(self.elsewhere)]).find(|path| path.is_file())
    }
}
