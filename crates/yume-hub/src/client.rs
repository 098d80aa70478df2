//! Questions to the hub, asked again when that may help.

use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use ureq::{Agent, AgentBuilder, Error, Request, Response};

use crate::HubError;

const USUAL_ENDPOINT: &str = "https://huggingface.co";
const LONGEST_WAIT: Duration = Duration::from_secs(60);
// A page of the listing has a thousand files and about 300 kB.
const LARGEST_ANSWER: u64 = 16 << 20;

/// How long to put up with a bad network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Attempts one after the other that bring nothing new.
    pub attempts: u32,
    /// Wait after the first of them; each next wait is twice as long, up to a minute.
    pub first_wait: Duration,
    /// How long a connection may be silent.
    pub stall: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { attempts: 8, first_wait: Duration::from_secs(1), stall: Duration::from_secs(30) }
    }
}

impl Patience {
    /// The wait after `failures` attempts without success.
    fn wait(&self, failures: u32) -> Duration {
        let doubled = self.first_wait.saturating_mul(1 << failures.saturating_sub(1).min(16));
        doubled.min(LONGEST_WAIT)
    }
}

/// Why an attempt came to nothing.
pub(crate) enum Setback {
    /// The next one may succeed; after this wait, if the server named one.
    Again { reason: String, wait: Option<Duration> },
    /// The next one would not either.
    Final(HubError),
}

impl Setback {
    pub(crate) fn again(reason: impl Into<String>) -> Self {
        Self::Again { reason: reason.into(), wait: None }
    }
}

/// Asked between attempts whether to go on; told at first what the last one met.
pub(crate) type GoOn<'a> = dyn FnMut(Option<&str>) -> ControlFlow<()> + 'a;

/// Attempts without success, counted against a bound.
pub(crate) struct Attempts<'a> {
    patience: &'a Patience,
    what: &'a str,
    failures: u32,
}

impl Attempts<'_> {
    /// What was reached counts: the next setback is the first again.
    pub(crate) fn progress(&mut self) {
        self.failures = 0;
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    /// If there is none: the setback is final, there were too many, or the person stopped it.
    pub(crate) fn endure(
        &mut self,
        setback: Setback,
        go_on: &mut GoOn<'_>,
    ) -> Result<(), HubError> {
        let (reason, wait) = match setback {
            Setback::Final(error) => return Err(error),
            Setback::Again { reason, wait } => (reason, wait),
        };
        self.failures += 1;
        if self.failures >= self.patience.attempts {
            return Err(HubError::GaveUp { what: self.what.to_owned(), reason });
        }
        let wait = wait.unwrap_or_else(|| self.patience.wait(self.failures)).min(LONGEST_WAIT);
        let until = Instant::now() + wait;
        let mut met = Some(reason.as_str());
        loop {
            if go_on(met.take()).is_break() {
                return Err(HubError::Interrupted);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(Duration::from_millis(100)));
        }
    }
}

/// One hub.
pub(crate) struct Client {
    agent: Agent,
    endpoint: String,
    authorization: Option<String>,
    patience: Patience,
}

impl Client {
    /// A client of `endpoint`, or of the one that the environment names.
    pub(crate) fn new(endpoint: Option<&str>, patience: Patience) -> Self {
        let var = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let endpoint = endpoint.map(str::to_owned).or_else(|| var("HF_ENDPOINT"));
        let endpoint = endpoint.unwrap_or_else(|| USUAL_ENDPOINT.to_owned());
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        let without = var("NO_PROXY").or_else(|| var("no_proxy")).unwrap_or_default();
        let agent = AgentBuilder::new()
            .timeout_connect(patience.stall)
            .timeout_read(patience.stall)
            .timeout_write(patience.stall)
            .try_proxy_from_env(!is_direct(host(&endpoint), &without))
            .user_agent(concat!("yume-explorer/", env!("CARGO_PKG_VERSION")))
            .build();
        // A token never travels in the clear, and the agent keeps it from other hosts.
        let is_private = endpoint.starts_with("https://");
        let token = var("HF_TOKEN").filter(|_| is_private);
        Self { agent, endpoint, authorization: token.map(|t| format!("Bearer {t}")), patience }
    }

    /// The address of `path` on the hub.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.endpoint)
    }

    /// Whether `address` is one of this hub.
    pub(crate) fn owns(&self, address: &str) -> bool {
        address.strip_prefix(&self.endpoint).is_some_and(|rest| rest.starts_with('/'))
    }

    pub(crate) fn attempts<'a>(&'a self, what: &'a str) -> Attempts<'a> {
        Attempts { patience: &self.patience, what, failures: 0 }
    }

    pub(crate) fn get(&self, address: &str) -> Request {
        let request = self.agent.get(address);
        match &self.authorization {
            Some(authorization) => request.set("Authorization", authorization),
            None => request,
        }
    }

    /// The answer to a question, as text, and the address of its next page.
    pub(crate) fn text(
        &self,
        address: &str,
        what: &str,
        go_on: &mut GoOn<'_>,
    ) -> Result<(Vec<u8>, Option<String>), HubError> {
        let mut attempts = self.attempts(what);
        loop {
            let setback = match send(self.get(address), what) {
                Ok(response) => {
                    let next = response.header("Link").and_then(next_page);
                    match read_all(response) {
                        Ok(content) => return Ok((content, next)),
                        Err(error) => Setback::again(error.to_string()),
                    }
                }
                Err(setback) => setback,
            };
            attempts.endure(setback, go_on)?;
        }
    }
}

/// Sends a request; every status that is no success is a setback.
pub(crate) fn send(request: Request, what: &str) -> Result<Response, Setback> {
    let error = match request.call() {
        Ok(response) => return Ok(response),
        Err(error) => error,
    };
    match error {
        Error::Status(status @ (401 | 403), _) => {
            Err(Setback::Final(HubError::Refused { what: what.to_owned(), status }))
        }
        Error::Status(404 | 410, _) => {
            Err(Setback::Final(HubError::Missing { what: what.to_owned() }))
        }
        Error::Status(status @ (408 | 416 | 429 | 500..), response) => {
            let seconds = response.header("Retry-After").and_then(|text| text.trim().parse().ok());
            let reason = format!("the server answered with status {status}");
            Err(Setback::Again { reason, wait: seconds.map(Duration::from_secs) })
        }
        Error::Status(status, _) => {
            Err(Setback::Final(HubError::answer(what, format!("status {status}"))))
        }
        Error::Transport(transport) => match transport.kind() {
            ureq::ErrorKind::InvalidUrl | ureq::ErrorKind::UnknownScheme => {
                Err(Setback::Final(HubError::answer(what, transport.to_string())))
            }
            _ => Err(Setback::again(transport.to_string())),
        },
    }
}

fn read_all(response: Response) -> io::Result<Vec<u8>> {
    let expected = response.header("Content-Length").and_then(|text| text.parse::<u64>().ok());
    let mut content = Vec::new();
    response.into_reader().take(LARGEST_ANSWER + 1).read_to_end(&mut content)?;
    if content.len() as u64 > LARGEST_ANSWER {
        return Err(io::Error::other("the answer never seems to end"));
    }
    if expected.is_some_and(|expected| expected != content.len() as u64) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(content)
}

/// The address behind `rel="next"` in a `Link` header.
fn next_page(link: &str) -> Option<String> {
    let part = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    let (_, rest) = part.split_once('<')?;
    Some(rest.split_once('>')?.0.to_owned())
}

fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let place = rest.split('/').next().unwrap_or(rest);
    place.rsplit_once(':').map_or(place, |(host, _)| host)
}

/// Whether `host` is reached without a proxy: this machine itself, and what `NO_PROXY` lists.
fn is_direct(host: &str, without: &str) -> bool {
    let is_listed = |entry: &str| {
        let entry = entry.trim().trim_start_matches('.');
        let rest = host.strip_suffix(entry);
        entry == "*" || !entry.is_empty() && rest.is_some_and(|r| r.is_empty() || r.ends_with('.'))
    };
    matches!(host, "localhost" | "127.0.0.1" | "[::1]") || without.split(',').any(is_listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_hosts_need_no_proxy() {
        let table = [
            ("http://127.0.0.1:8080", "", true),
            ("https://huggingface.co", "", false),
            ("https://hub.example.org/x", "example.org", true),
            ("https://badexample.org", "example.org", false),
            ("https://hub.example.org:99", "a, .example.org", true),
            ("https://huggingface.co", "*", true),
        ];
        for (endpoint, without, expected) in table {
            assert_eq!(is_direct(host(endpoint), without), expected, "{endpoint} {without}");
        }
    }

    #[test]
    fn the_next_page_is_in_the_header() {
        let link = "<https://h/api?cursor=a>; rel=\"next\", <https://h/b>; rel=\"first\"";
        assert_eq!(next_page(link).as_deref(), Some("https://h/api?cursor=a"));
        assert_eq!(next_page("<https://h/b>; rel=\"first\""), None);
    }

    #[test]
    fn waits_double_up_to_a_minute() {
        let patience = Patience::default();
        let waits: Vec<_> = (1..9).map(|failures| patience.wait(failures).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    }
}
