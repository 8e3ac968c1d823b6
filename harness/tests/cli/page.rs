//! The page of a run as a browser shows it: Debian's chromium, which nobody watches.

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use super::plimsoll;

/// What the page may weigh with 32 combinations of 510 scenarios, in bytes.
const HEAVIEST: u64 = 700_000;
/// How long a browser may take until it shows it, in milliseconds. It takes a tenth of that on a machine of its own.
const SLOWEST_MS: f64 = 5_000.0;
const EXTENSIONS: [&str; 5] = ["metrics", "sync", "search", "scrub", "lint"];
const SCENARIOS: usize = 510;

/// What the browser says of the page once it is shown.
const PROBE: &str = r##"<pre id="probe"></pre><script>
addEventListener("load", () => setTimeout(() => {
  const cells = [...document.querySelectorAll("#heat td")];
  const shown = (element) => element.checkVisibility();
  const said = "<<" + JSON.stringify({
    sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    width: innerWidth,
    cells: cells.length,
    signed: cells.filter((cell) => cell.textContent.trim()).length,
    visible: cells.filter(shown).length,
    forms: [...document.forms].filter(shown).length,
    open: [...document.querySelectorAll("details.failure[open]")].map((one) => one.id),
    links: [...document.querySelectorAll("a")].filter((a) => !document.querySelector(a.getAttribute("href"))).length,
    names: [...document.querySelectorAll("#heat thead")][0].textContent,
    loaded: performance.now(),
  }) + ">>";
  if (parent === window) document.getElementById("probe").textContent = said;
  else parent.postMessage(said, "*");
}));
</script>"##;

/// A page with another in a frame: a window cannot be as narrow as a phone, and a frame can.
fn framed(address: &str) -> String {
    format!(
        "<!doctype html><iframe src=\"{address}\" style=\"width:390px;height:844px;border:0\"></iframe><pre id=\"probe\"></pre>\
         <script>addEventListener(\"message\", (event) => {{ probe.textContent = event.data; }});</script>"
    )
}

/// Whether chromium is there. CI insists on it.
fn has_chromium() -> bool {
    let found = Command::new("chromium")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    assert!(
        found || std::env::var_os("PLIMSOLL_REQUIRE_TOOLS").is_none(),
        "there is no chromium; ci/install-tools gets it"
    );
    found
}

/// The events of a run of 32 combinations, in some of which scrub fails where lint is in and search is out.
fn events() -> String {
    let with = |bits: usize| -> Vec<&str> {
        (0..5)
            .filter(|at| bits >> at & 1 == 1)
            .map(|at| EXTENSIONS[at])
            .collect()
    };
    let name = |bits: usize| match &with(bits)[..] {
        [] => "minimal".to_owned(),
        extensions => extensions.join("+"),
    };
    let mut events = vec![json!({
        "event": "run-started", "version": "0.1.0", "time": "2026-11-25T12:00:00Z", "seed": 1, "target": "example",
        "extensions": EXTENSIONS, "combinations": (0..32).map(name).collect::<Vec<_>>(), "coverage": [],
        "scenarios": SCENARIOS,
    })];
    for bits in 0..32 {
        for number in 0..SCENARIOS {
            let extension = EXTENSIONS.get(number % 10);
            let folder = extension.map_or("conformance".to_owned(), |name| format!("extensions/{name}"));
            let is_in = extension.is_none_or(|name| with(bits).contains(name));
            let red = number == 3 && is_in && with(bits).contains(&"lint") && !with(bits).contains(&"search");
            let failure = json!({
                "line": 9, "column": 5, "excerpt": " 9 | expect: 400", "message": "the status differs <here>",
                "expected": "400", "actual": "201", "note": null, "curl": "curl http://127.0.0.1:1/v2/", "response": "201 Created",
                "log": ["a line"], "again": "plimsoll run x.yaml",
            });
            events.push(json!({
                "event": "scenario-finished", "combination": name(bits),
                "scenario": format!("{folder}/scenario-{number}"), "path": format!("scenarios/{number}.yaml"),
                "title": format!("scenario {number} does what it should, which is said in a sentence of the usual length"),
                "variant": if is_in { "on" } else { "absent" }, "row": null, "statements": ["PUSH-DIG-04"],
                "verdict": if red { "fail" } else { "pass" }, "reason": null, "checks": 3, "requests": 2,
                "duration_ms": 20 + number, "outcomes": [], "transcript": null, "differs": null,
                "failure": if red { failure } else { Value::Null },
            }));
        }
    }
    events.push(json!({ "event": "run-finished", "duration_ms": 300_000, "builds_ms": 60_000 }));
    events.iter().fold(String::new(), |mut text, event| {
        let _ = writeln!(text, "{event}");
        text
    })
}

/// What the browser says of the page at `address` on a phone.
fn on_a_phone(folder: &Path, address: &str) -> Value {
    fs::write(folder.join("phone.html"), framed(&address.replace('&', "&amp;"))).expect("the folder is there");
    shown(folder, "phone.html")
}

/// What the browser says of the page at `address`. That it complains of nothing is part of it.
fn shown(folder: &Path, address: &str) -> Value {
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg("--window-size=1280,900")
        .arg(format!("file://{}/{address}", folder.display()))
        .stdin(Stdio::null())
        .output()
        .expect("chromium starts");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(!complaints.contains("CONSOLE"), "{complaints}");
    let page = String::from_utf8_lossy(&output.stdout);
    let said = page
        .rsplit_once("&lt;&lt;")
        .and_then(|(_, rest)| rest.split_once("&gt;&gt;"));
    let (said, _) = said.unwrap_or_else(|| panic!("the probe says nothing:\n{complaints}"));
    serde_json::from_str(said).expect("the probe says JSON")
}

#[test]
fn the_page_is_small_and_quick_fits_a_phone_and_needs_neither_colours_nor_scripts() {
    if !has_chromium() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("events.jsonl"), events()).unwrap();
    let output = plimsoll()
        .args(["merge", "events.jsonl", "--report", "html=page.html"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let page = fs::read_to_string(at("page.html")).unwrap();
    assert!(page.len() as u64 <= HEAVIEST, "{} bytes", page.len());
    fs::write(at("probed.html"), format!("{page}{PROBE}")).unwrap();
    let (begin, rest) = page.split_once("<script>").unwrap();
    let (_, end) = rest.split_once("</script>").unwrap();
    fs::write(at("plain.html"), format!("{begin}{end}{PROBE}")).unwrap();

    let desktop = shown(folder.path(), "probed.html");
    assert_eq!(desktop["cells"], json!(32 * SCENARIOS));
    assert_eq!(desktop["signed"], desktop["cells"], "every cell has a sign");
    assert_eq!(desktop["links"], json!(0), "no link leads nowhere");
    assert_eq!(desktop["sideways"], json!(0));
    assert!(desktop["names"].as_str().unwrap().contains("scrub+lint"));
    assert!(desktop["loaded"].as_f64().unwrap() < SLOWEST_MS, "{desktop}");

    // On a phone, with a filter that somebody sent: the one scenario that fails, in the builds without sync.
    let phone = on_a_phone(folder.path(), "probed.html#?find=scenario-3&verdict=f&with-sync=0");
    assert_eq!((&phone["width"], &phone["sideways"]), (&json!(390), &json!(0)));
    assert_eq!(phone["visible"], json!(16), "{phone}");
    assert_eq!(phone["forms"], json!(1));

    let linked = shown(folder.path(), "probed.html#failure-0");
    assert_eq!(linked["open"], json!(["failure-0"]));

    let plain = on_a_phone(folder.path(), "plain.html");
    assert_eq!(
        (&plain["cells"], &plain["forms"]),
        (&desktop["cells"], &json!(0)),
        "{plain}"
    );
    assert_eq!(plain["sideways"], json!(0));
}
