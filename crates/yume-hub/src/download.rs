//! One file from the hub into its part, until its hash is right.

use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::Path;

use ureq::Response;

use crate::client::{Client, Setback, send};
use crate::error::HubError;
use crate::listing::RemoteFile;
use crate::part::Part;

const PIECE: usize = 256 << 10;
// A whole file of wrong bytes costs as much as a right one.
const MOST_CORRUPT: u32 = 3;

/// Told how many bytes of the file are here, after every change, and what an attempt met that came to
/// nothing.
pub(crate) type Heard<'a> = dyn FnMut(u64, Option<&str>) -> ControlFlow<()> + 'a;

/// A file that is being fetched.
pub(crate) struct Download<'a> {
    pub(crate) client: &'a Client,
    pub(crate) address: String,
    pub(crate) file: &'a RemoteFile,
    /// Where it grows.
    pub(crate) path: &'a Path,
}

impl Download<'_> {
    /// Fetches what is missing of the part. Afterwards it is whole, right and on the disk.
    pub(crate) fn run(&self, heard: &mut Heard<'_>) -> Result<(), HubError> {
        let RemoteFile { path: what, size, digest } = self.file;
        let mut interrupted = false;
        let part = Part::open(self.path, digest, *size, &mut |length| {
            interrupted = heard(length, None).is_break();
            if interrupted { Err(std::io::ErrorKind::Interrupted.into()) } else { Ok(()) }
        });
        if interrupted {
            return Err(HubError::Interrupted);
        }
        let mut part = part.map_err(HubError::disk(self.path))?;
        let mut attempts = self.client.attempts(what);
        let mut furthest = part.length();
        let mut corrupt = 0;
        let mut tag = None;
        loop {
            if part.length() == *size {
                if part.digest() == *digest {
                    return part.sync().map_err(HubError::disk(self.path));
                }
                corrupt += 1;
                if corrupt == MOST_CORRUPT {
                    part.clear().map_err(HubError::disk(self.path))?;
                    return Err(HubError::Corrupt { what: what.clone(), times: corrupt });
                }
                part.clear().map_err(HubError::disk(self.path))?;
                (furthest, tag) = (0, None);
            }
            let came = self.transfer(&mut part, &mut tag, heard);
            if part.length() > furthest {
                furthest = part.length();
                attempts.progress();
            }
            if let Err(setback) = came {
                let length = part.length();
                attempts.endure(setback, &mut |met| heard(length, met))?;
            }
        }
    }

    /// One request, from the end of the part on.
    fn transfer(
        &self,
        part: &mut Part,
        tag: &mut Option<String>,
        heard: &mut Heard<'_>,
    ) -> Result<(), Setback> {
        let RemoteFile { path: what, size, .. } = self.file;
        let disk = |error| Setback::Final(HubError::disk(self.path)(error));
        let mut request = self.client.get(&self.address).set("Accept-Encoding", "identity");
        if part.length() > 0 {
            request = request.set("Range", &format!("bytes={}-", part.length()));
            if let Some(tag) = tag {
                request = request.set("If-Range", tag);
            }
        }
        let response = send(request, what)?;
        match response.status() {
            206 if begins_at(&response, part.length(), *size) => {}
            206 => {
                // The server counts differently than we do; only a fresh start is sure.
                part.clear().map_err(disk)?;
                *tag = None;
                return Err(Setback::again("the server sent another part than was asked for"));
            }
            // It sends everything: it knows no parts, or the file is another one by now.
            200 => part.clear().map_err(disk)?,
            status => {
                let reason = format!("the server answered with status {status}");
                return Err(Setback::again(reason));
            }
        }
        // Weak tags do not promise the same bytes.
        *tag = response.header("ETag").filter(|tag| tag.starts_with('"')).map(str::to_owned);
        let mut body = response.into_reader();
        let mut piece = vec![0; PIECE];
        while part.length() < *size {
            let room = usize::try_from(size - part.length()).unwrap_or(PIECE).min(PIECE);
            match body.read(&mut piece[..room]) {
                Ok(0) => return Err(Setback::again("the connection ended early")),
                Ok(count) => part.append(&piece[..count]).map_err(disk)?,
                Err(error) => return Err(Setback::again(error.to_string())),
            }
            if heard(part.length(), None).is_break() {
                return Err(Setback::Final(HubError::Interrupted));
            }
        }
        Ok(())
    }
}

/// Whether a partial answer begins at byte `at` of a content of `size` bytes.
fn begins_at(response: &Response, at: u64, size: u64) -> bool {
    let range = response.header("Content-Range").and_then(|text| text.strip_prefix("bytes "));
    let Some((span, whole)) = range.and_then(|range| range.split_once('/')) else {
        return false;
    };
    let first = span.split_once('-').and_then(|(first, _)| first.trim().parse().ok());
    first == Some(at) && (whole == "*" || whole.parse() == Ok(size))
}
