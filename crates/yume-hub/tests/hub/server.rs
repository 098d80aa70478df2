//! A small hub on this machine. Every answer may have a fault.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::Builder;
use std::time::Duration;

use sha1::{Digest as _, Sha1};
use sha2::Sha256;

pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A file of the model.
#[derive(Clone)]
pub(crate) struct Content {
    pub(crate) path: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// Kept in large-file storage, with a SHA-256.
    pub(crate) is_large: bool,
}

impl Content {
    fn entry(&self) -> String {
        let size = self.bytes.len();
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let mut git = Sha1::new_with_prefix(format!("blob {size}\0"));
        git.update(&self.bytes);
        let git = hex(&git.finalize());
        let large = if self.is_large {
            let sha = hex(&Sha256::digest(&self.bytes));
            format!(r#","lfs":{{"oid":"{sha}","size":{size},"pointerSize":130}}"#)
        } else {
            String::new()
        };
        format!(r#"{{"type":"file","oid":"{git}","size":{size},"path":"{}"{large}}}"#, self.path)
    }
}

/// What an answer does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Ends after this part of the body, in 256ths.
    Cut(u8),
    /// Falls silent after this part of the body.
    Stall(u8),
    /// Announces more bytes than come.
    TooLong,
    /// Announces and sends fewer bytes than there are.
    TooShort,
    /// Sends everything although a part was asked for.
    IgnoreRange,
    /// Sends another part than was asked for.
    WrongRange,
    /// One byte is wrong.
    Flip,
    /// No HTTP at all.
    Garbage,
    Status(u16),
}

/// What was asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) range: Option<usize>,
    pub(crate) has_if_range: bool,
}

type Faults = Box<dyn FnMut(&Asked) -> Fault + Send>;

struct Shared {
    contents: Vec<Content>,
    /// Answers to certain paths, instead of the model's.
    instead: Vec<(&'static str, String)>,
    faults: Mutex<Faults>,
    asked: Mutex<Vec<Asked>>,
    sent: AtomicU64,
    /// Pause after every 16 kB of a body.
    pause: Duration,
    is_closed: AtomicBool,
    address: String,
}

/// A hub that runs until it is dropped.
pub(crate) struct Server(Arc<Shared>);

impl Server {
    pub(crate) fn new(
        contents: Vec<Content>,
        faults: impl FnMut(&Asked) -> Fault + Send + 'static,
    ) -> Self {
        Self::start(contents, Vec::new(), Duration::ZERO, Box::new(faults))
    }

    /// A hub whose answers to paths that contain a text are given.
    pub(crate) fn saying(instead: Vec<(&'static str, String)>) -> Self {
        Self::start(Vec::new(), instead, Duration::ZERO, Box::new(|_| Fault::None))
    }

    /// A hub on a slow line.
    pub(crate) fn slow(contents: Vec<Content>, pause: Duration) -> Self {
        Self::start(contents, Vec::new(), pause, Box::new(|_| Fault::None))
    }

    fn start(
        contents: Vec<Content>,
        instead: Vec<(&'static str, String)>,
        pause: Duration,
        faults: Faults,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let shared = Arc::new(Shared {
            contents,
            instead,
            faults: Mutex::new(faults),
            asked: Mutex::default(),
            sent: AtomicU64::new(0),
            pause,
            is_closed: AtomicBool::new(false),
            address: format!("http://{}", listener.local_addr().unwrap()),
        });
        let hub = Arc::clone(&shared);
        let serve = move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if hub.is_closed.load(SeqCst) {
                    break;
                }
                let hub = Arc::clone(&hub);
                let answer = move || {
                    // A client that goes away is what these tests are about.
                    let _ = hub.answer(stream);
                };
                Builder::new().name("answer".to_owned()).spawn(answer).unwrap();
            }
        };
        Builder::new().name("hub".to_owned()).spawn(serve).unwrap();
        Self(shared)
    }

    pub(crate) fn address(&self) -> &str {
        &self.0.address
    }

    /// Bytes of file contents that were sent so far.
    pub(crate) fn sent(&self) -> u64 {
        self.0.sent.load(SeqCst)
    }

    /// The questions so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.0.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.is_closed.store(true, SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect(self.0.address.trim_start_matches("http://"));
    }
}

impl Shared {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let first = lines.next().transpose()?.unwrap_or_default();
        let mut asked = Asked {
            path: first.split(' ').nth(1).unwrap_or_default().to_owned(),
            ..Asked::default()
        };
        for line in lines {
            let line = line?.to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(range) = line.strip_prefix("range: bytes=") {
                asked.range = range.trim_end_matches('-').parse().ok();
            }
            asked.has_if_range |= line.starts_with("if-range:");
        }
        self.asked.lock().unwrap().push(asked.clone());
        let fault = (self.faults.lock().unwrap())(&asked);
        match fault {
            Fault::Garbage => return stream.write_all(b"\x00\x01 what?\r\n\r\n"),
            Fault::Status(status) => {
                let head = format!(
                    "HTTP/1.1 {status} No\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                return stream.write_all(head.as_bytes());
            }
            _ => {}
        }
        if let Some((_, text)) = self.instead.iter().find(|(part, _)| asked.path.contains(part)) {
            return self.send(stream, "200 OK", "", text.as_bytes(), fault, false);
        }
        if asked.path.contains("/revision/") {
            let text = format!(r#"{{"sha":"{COMMIT}","id":"owner/model"}}"#);
            return self.send(stream, "200 OK", "", text.as_bytes(), fault, false);
        }
        if asked.path.contains("/tree/") {
            // Pages of two files.
            let page: usize =
                asked.path.split("page=").nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
            let entries: Vec<_> = self.contents.iter().map(Content::entry).collect();
            let here = entries.chunks(2).nth(page).unwrap_or_default().join(",");
            let folder = r#"{"type":"directory","oid":"","size":0,"path":"Yume-Dit"}"#;
            let text = format!("[{folder}{}{here}]", if here.is_empty() { "" } else { "," });
            let next =
                format!("{}/api/models/owner/model/tree/{COMMIT}?page={}", self.address, page + 1);
            let link = format!("Link: <{next}>; rel=\"next\"\r\n");
            let link = if (page + 1) * 2 < entries.len() { link.as_str() } else { "" };
            return self.send(stream, "200 OK", link, text.as_bytes(), fault, false);
        }
        let content = self.contents.iter().find(|content| {
            asked.path == format!("/owner/model/resolve/{COMMIT}/{}", content.path)
        });
        let Some(Content { bytes, .. }) = content else {
            return stream
                .write_all(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        };
        let tag = "ETag: \"tag\"\r\n";
        match asked.range {
            Some(at) if fault != Fault::IgnoreRange && at < bytes.len() => {
                let shown = if fault == Fault::WrongRange { at.saturating_sub(7) } else { at };
                let (last, whole) = (bytes.len() - 1, bytes.len());
                let head = format!("{tag}Content-Range: bytes {shown}-{last}/{whole}\r\n");
                self.send(stream, "206 Partial Content", &head, &bytes[shown..], fault, true)
            }
            _ => self.send(stream, "200 OK", tag, bytes, fault, true),
        }
    }

    fn send(
        &self,
        mut stream: TcpStream,
        status: &str,
        headers: &str,
        body: &[u8],
        fault: Fault,
        is_file: bool,
    ) -> std::io::Result<()> {
        let mut body = body.to_vec();
        let part = |part: u8| body.len() * usize::from(part) / 256;
        let (length, end) = match fault {
            Fault::Cut(after) | Fault::Stall(after) => (body.len(), part(after)),
            Fault::TooLong => (body.len() + 1000, body.len()),
            Fault::TooShort => (body.len() / 2, body.len() / 2),
            _ => (body.len(), body.len()),
        };
        if fault == Fault::Flip
            && let Some(byte) = body.get_mut(length / 2)
        {
            *byte ^= 0x10;
        }
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes())?;
        for piece in body[..end].chunks(16 << 10) {
            stream.write_all(piece)?;
            if is_file {
                self.sent.fetch_add(piece.len() as u64, SeqCst);
            }
            std::thread::sleep(self.pause);
        }
        if let Fault::Stall(_) = fault {
            // Until the client has had enough.
            let _ = stream.read(&mut [0; 16]);
        }
        stream.shutdown(Shutdown::Both)
    }
}

/// The next number of `SplitMix64`.
pub(crate) fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
