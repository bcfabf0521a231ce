//! The file of the report, which is whole whenever the process ends.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;

/// A file that is written again and again: what stands there from before, and behind it what changes.
///
/// Most of the time nothing but a few digits changes, in a rehearsal the number of runs. Then these are written in their place:
/// the file is not made anew for each of many thousand runs.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The file, and how long what changes is in it.
    open: Option<(File, usize)>,
}

impl Page {
    /// Writes `text` behind `earlier`. Who ends the process meanwhile finds what was there, or this; where it is as long as
    /// what was there, each of its bytes is one of the two.
    pub(super) fn write(&mut self, path: &Path, earlier: &str, text: &str) -> io::Result<()> {
        if let Some((file, length)) = &mut self.open
            && *length == text.len()
        {
            file.seek(SeekFrom::Start(earlier.len() as u64))?;
            return file.write_all(text.as_bytes());
        }
        self.open = None;
        replace(path, &[earlier, text].concat())?;
        self.open = Some((OpenOptions::new().write(true).open(path)?, text.len()));
        Ok(())
    }

    /// The same for what is written last, which is always whole.
    pub(super) fn end(&mut self, path: &Path, earlier: &str, text: &str) -> io::Result<()> {
        self.open = None;
        replace(path, &[earlier, text].concat())
    }
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    fs::write(&beside, text)?;
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// Whether a file that is written so is another one than before: who has that open does not see what is written.
    fn is_anew(page: &mut Page, path: &Path, earlier: &str, text: &str) -> bool {
        let before = File::open(path).ok();
        page.write(path, earlier, text).unwrap();
        let all = [earlier, text].concat();
        assert_eq!(fs::read_to_string(path).unwrap(), all);
        let mut seen = String::new();
        before.is_none_or(|mut before| before.read_to_string(&mut seen).is_err() || seen != all)
    }

    #[test]
    fn where_digits_change_the_file_is_not_made_anew() {
        let path = std::env::temp_dir().join(format!("rehearsal-page-{}", std::process::id()));
        drop(fs::remove_file(&path));
        let mut page = Page::default();
        let earlier = "what was rehearsed before\n";
        let texts = ["runs 8", "runs 9", "runs 10", "runs 11", "runs 12, found"];
        let anew = texts.map(|text| is_anew(&mut page, &path, earlier, text));
        assert_eq!(anew, [true, false, true, false, true]);
        page.end(&path, earlier, "done").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "what was rehearsed before\ndone");
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_written_is_an_error_each_time() {
        let path = Path::new("/nowhere/at/all");
        let mut page = Page::default();
        assert!(page.write(path, "", "one").is_err());
        assert!(page.write(path, "", "two").is_err());
        assert!(page.end(path, "", "end").is_err());
    }
}
