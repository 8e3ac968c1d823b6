//! Real clients against the built registry: each does what its users do with it.

mod access;
mod advisories;
mod api_keys;
mod bench;
mod crane;
mod docker;
mod extensions;
mod kill;
mod layout;
mod oras;
mod power_cut;
mod skopeo;
mod sync;
mod sync_tls;
mod targets;

use libtest_mimic::Arguments;

fn main() -> std::process::ExitCode {
    let arguments = Arguments::from_args();
    let trials = [
        access::trials(),
        advisories::trials(),
        api_keys::trials(),
        skopeo::trials(),
        crane::trials(),
        oras::trials(),
        layout::trials(),
        extensions::trials(),
        docker::trials(),
        power_cut::trials(),
        kill::trials(),
        bench::trials(),
        sync::trials(),
        sync_tls::trials(),
        targets::trials(),
    ]
    .into_iter()
    .flatten()
    .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}
