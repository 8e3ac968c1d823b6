//! Who listens on a port: the process that we started, or another one.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    time::Duration,
};

/// How long a connection on this machine may take.
const CONNECT: Duration = Duration::from_millis(200);

/// A port of this machine that nobody listens on now.
pub(super) fn free_port() -> std::io::Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()
        .map(|address| address.port())
}

/// Whether a process of the process group `group` listens on `port`.
///
/// Where the system does not say who holds a socket, it is enough that somebody answers.
pub(super) fn listens(group: i32, port: u16) -> bool {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(fs::read_to_string);
    if tables.iter().all(Result::is_err) {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        return TcpStream::connect_timeout(&address, CONNECT).is_ok();
    }
    let sockets: Vec<String> = tables
        .iter()
        .flatten()
        .flat_map(|table| listening(table, port))
        .collect();
    // Most looks end here: nobody listens yet, and nobody has to be asked what they hold.
    !sockets.is_empty() && members(group).iter().any(|process| holds(process, &sockets))
}

/// The sockets of a table of the kernel that listen on `port`, as a file descriptor's link calls them.
fn listening(table: &str, port: u16) -> Vec<String> {
    const LISTEN: &str = "0A";
    let port = format!(":{port:04X}");
    let socket = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        (local.ends_with(&port) && *state == LISTEN).then(|| format!("socket:[{inode}]"))
    };
    table.lines().filter_map(socket).collect()
}

/// The processes of a group, as folders of `/proc`: its leader first.
fn members(group: i32) -> Vec<std::path::PathBuf> {
    let leader = Path::new("/proc").join(group.to_string());
    let others = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let others = others.filter(|process| *process != leader && group_of(process) == Some(group));
    let mut all: Vec<_> = others.collect();
    all.insert(0, leader);
    all
}

fn group_of(process: &Path) -> Option<i32> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    // The name, in parentheses, may have anything in it. What follows: state, parent, group.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_ascii_whitespace().nth(2)?.parse().ok()
}

fn holds(process: &Path, sockets: &[String]) -> bool {
    let descriptors = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    let mut links = descriptors.filter_map(|entry| fs::read_link(entry.path()).ok());
    links.any(|link| sockets.iter().any(|socket| link.as_os_str() == socket.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_group_that_holds_the_socket_listens() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let ours = group_of(Path::new("/proc/self")).unwrap();
        assert!(listens(ours, port));
        assert!(!listens(1, port), "the first process does not hold our socket");
        drop(listener);
        assert!(!listens(ours, port));
    }

    #[test]
    fn a_connection_is_no_listener() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                     0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0\n   \
                     1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0\n";
        assert_eq!(listening(table, 8080), ["socket:[4711]"]);
        assert!(listening(table, 80).is_empty());
    }
}
