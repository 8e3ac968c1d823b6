//! How many requests a second a client may make (`http.ratelimit`).

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use http::Method;

use crate::config;

/// How many clients are remembered. What is forgotten had nothing left to wait for, or there are more than this at a time.
const MOST: usize = 64 << 10;

/// The limits: one for all methods, and those of single ones.
#[derive(Debug)]
pub(super) struct RateLimits(Vec<(Option<Method>, Limit)>);

impl RateLimits {
    pub(super) fn new(config: &config::RateLimit) -> Self {
        let all = config.rate.map(|rate| (None, Limit::new(rate)));
        let methods = config.methods.iter();
        let methods = methods.map(|(method, rate)| (Some(method.clone()), Limit::new(*rate)));
        Self(all.into_iter().chain(methods).collect())
    }

    /// How long the client has to wait before it may make this request; not at all, it may be.
    pub(super) fn wait(&self, client: Option<IpAddr>, method: &Method) -> Option<Duration> {
        // Without limits there is nothing to look up.
        if self.0.is_empty() {
            return None;
        }
        let client = network(client?);
        let now = Instant::now();
        let limits = self.0.iter();
        let of_method = limits.filter(|(own, _)| own.as_ref().is_none_or(|own| own == method));
        of_method.filter_map(|(_, limit)| limit.wait(client, now)).max()
    }
}

/// A client is told apart by its address, or by its network where it has so many that it could take a new one each time.
fn network(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

/// One limit: requests are spread evenly, and a second's worth of them may come at once (the generic cell rate algorithm).
#[derive(Debug)]
struct Limit {
    interval: Duration,
    /// When the requests of each client so far would all have been due.
    due: Mutex<HashMap<IpAddr, Instant>>,
}

impl Limit {
    fn new(rate: u64) -> Self {
        Self {
            interval: Duration::from_nanos(1_000_000_000 / rate.clamp(1, 1_000_000_000)),
            due: Mutex::default(),
        }
    }

    fn wait(&self, client: IpAddr, now: Instant) -> Option<Duration> {
        let mut clients = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() >= MOST && !clients.contains_key(&client) {
            clients.retain(|_, due| *due > now);
            if clients.len() >= MOST {
                clients.clear();
            }
        }
        let due = clients.entry(client).or_insert(now);
        let next = (*due).max(now) + self.interval;
        let early = next.duration_since(now).checked_sub(Duration::from_secs(1));
        let early = early.filter(|early| !early.is_zero());
        if early.is_none() {
            *due = next;
        }
        early
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_requests_may_come_at_once_and_then_they_are_spread() {
        let limit = Limit::new(10);
        let (one, other) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let now = Instant::now();
        for _ in 0..10 {
            assert_eq!(limit.wait(one, now), None);
        }
        assert_eq!(limit.wait(one, now), Some(Duration::from_millis(100)));
        assert_eq!(limit.wait(other, now), None);
        let later = now + Duration::from_millis(100);
        assert_eq!(limit.wait(one, later), None);
        assert!(limit.wait(one, later).is_some());
        let much_later = now + Duration::from_secs(100);
        for _ in 0..10 {
            assert_eq!(limit.wait(one, much_later), None);
        }
        assert!(limit.wait(one, much_later).is_some());
    }

    #[test]
    fn a_limit_is_that_of_its_method_and_of_a_network() {
        let limits = RateLimits::new(&config::RateLimit {
            rate: None,
            methods: vec![(Method::PUT, 1)],
        });
        let client = |text: &str| Some(text.parse().unwrap());
        assert_eq!(limits.wait(client("2001:db8::1"), &Method::PUT), None);
        assert!(limits.wait(client("2001:db8::2"), &Method::PUT).is_some());
        assert_eq!(limits.wait(client("2001:db8:0:1::1"), &Method::PUT), None);
        assert_eq!(limits.wait(client("2001:db8::1"), &Method::GET), None);
        assert_eq!(limits.wait(None, &Method::PUT), None);
    }

    #[test]
    fn the_number_of_clients_is_bounded() {
        let limit = Limit::new(1);
        let now = Instant::now();
        for number in 0..u32::try_from(MOST).unwrap() + 10 {
            limit.wait(IpAddr::V4(number.into()), now);
        }
        assert!(limit.due.lock().unwrap().len() <= MOST);
    }
}
