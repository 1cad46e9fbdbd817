// SPDX-License-Identifier: AGPL-3.0-or-later
//! A private PostgreSQL for the tests: its own folder, its own socket, gone with the process.
//!
//! PostgreSQL is a requirement of the tests: without it they fail, they are never skipped.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sqlx::{Connection, Executor, PgConnection};

/// A server with its folder.
pub struct Cluster {
    pub dir: PathBuf,
    /// Holds the pipe whose end tells the guard that this process is gone.
    _guard: Child,
}

/// Runs the server, and again whenever it dies unless a file `down` forbids it, as a service manager
/// would; when the pipe on standard input ends, stops it and removes the folder.
const GUARD: &str = r#"dir=$1; shift
while [ -d "$dir" ]; do
    while [ -e "$dir/down" ]; do sleep 0.02; done
    "$@"
    sleep 0.02
done &
cat >/dev/null
kill $!
pid=$(head -n 1 "$dir/data/postmaster.pid") && kill -QUIT "$pid"
while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
rm -rf "$dir""#;

/// The address of a new, empty database.
pub async fn new_database() -> String {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| start("")).new_database().await
}

impl Cluster {
    /// One of its own, for who does to it what nobody else would bear.
    #[allow(dead_code, reason = "only faults are made to it")]
    pub fn own(name: &str) -> Self {
        start(name)
    }

    /// The address of a new, empty database.
    pub async fn new_database(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("t{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let mut admin = PgConnection::connect(&url(&self.dir, "postgres"))
            .await
            .expect("the private PostgreSQL does not answer");
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"));
        admin.execute(sqlx::raw_sql(create)).await.expect("CREATE DATABASE");
        url(&self.dir, &name)
    }

    /// Sends a signal to the server, which stays down for a while and is started again.
    #[allow(dead_code, reason = "only faults are made to it")]
    pub fn strike(&self, signal: &str, down: Duration) {
        std::fs::write(self.dir.join("down"), "").expect("down");
        let pid = std::fs::read_to_string(self.dir.join("data/postmaster.pid")).expect("running");
        let pid = pid.lines().next().expect("its number");
        let struck = Command::new("kill").args([signal, pid]).status().expect("kill");
        assert!(struck.success());
        std::thread::sleep(down);
        std::fs::remove_file(self.dir.join("down")).expect("up");
    }
}

fn url(dir: &Path, name: &str) -> String {
    format!("postgres://postgres@localhost/{name}?host={}&sslmode=disable", dir.display())
}

fn start(name: &str) -> Cluster {
    let bin = binaries();
    let dir = std::env::temp_dir().join(format!("delibera-pg-{}{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir(&dir).expect("a folder for PostgreSQL");
    let owner = unprivileged();
    if let Some((uid, gid)) = owner {
        chown(&dir, Some(uid), Some(gid)).expect("chown");
    }
    let as_owner = |program: &Path| {
        let mut command = Command::new(program);
        command.current_dir(&dir).process_group(0).stdout(Stdio::null());
        if let Some((uid, gid)) = owner {
            command.uid(uid).gid(gid);
        }
        command
    };
    let data = dir.join("data");
    let made = as_owner(&bin.join("initdb"))
        .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-N", "-D"])
        .arg(&data)
        .output()
        .expect("initdb");
    assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
    let log = std::fs::File::create(dir.join("log")).expect("log");
    let guard = as_owner(Path::new("/bin/sh"))
        .args(["-c", GUARD, "guard"])
        .arg(&dir)
        .arg(bin.join("postgres"))
        .arg("-D")
        .arg(&data)
        .arg("-k")
        .arg(&dir)
        .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=300"])
        .stdin(Stdio::piped())
        .stderr(log)
        .spawn()
        .expect("PostgreSQL");
    let started = Instant::now();
    let ready = || {
        let mut ready = as_owner(&bin.join("pg_isready"));
        ready.arg("-h").arg(&dir).status().is_ok_and(|status| status.success())
    };
    while !ready() {
        let log = std::fs::read_to_string(dir.join("log")).unwrap_or_default();
        assert!(started.elapsed() < Duration::from_secs(60), "PostgreSQL does not start: {log}");
        std::thread::sleep(Duration::from_millis(50));
    }
    Cluster { dir, _guard: guard }
}

/// The newest PostgreSQL of the machine, or the one `PG_BIN` names.
fn binaries() -> PathBuf {
    if let Some(bin) = std::env::var_os("PG_BIN") {
        return PathBuf::from(bin);
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions
        .map(|entry| entry.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .max();
    found.expect(
        "PostgreSQL is not installed: `apt-get install postgresql`, or set PG_BIN to the folder \
         of initdb. These tests are not skipped without it",
    )
}

/// PostgreSQL refuses to run as root: the user of its package, when we are root.
fn unprivileged() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    if std::fs::metadata("/proc/self").map(|me| me.uid()).unwrap_or(0) != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("/etc/passwd");
    let user = users.lines().find(|line| line.starts_with("postgres:"));
    let mut fields = user.expect("no user postgres in /etc/passwd").split(':').skip(2);
    let mut number = || fields.next().and_then(|field| field.parse().ok()).expect("uid, gid");
    Some((number(), number()))
}
