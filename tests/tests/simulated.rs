//! How many recorded histories hold only what is simulated, and what the others hold.
//!
//! Counted are those of `fixtures/golden`, which are what is simulated, and all below each folder that stands beside the
//! clone or that `REHEARSAL_CORPUS` names.

#![expect(clippy::print_stdout, reason = "the figures are what the suite is for")]

use std::path::{Path, PathBuf};

use rehearsal_tests::simulated::Simulated;

/// Collections of histories that may stand beside the clone.
const BESIDE: [&str; 2] = ["../../shared/histories", "../../shared/golden"];

#[test]
fn what_is_recorded_is_simulated() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let golden = here.join("../fixtures/golden");
    let simulated = Simulated::of(&golden);
    let count = simulated.count(&golden);
    println!("histories, simulated: {} of {}", count.simulated, count.all);
    assert!(count.all > 0 && count.simulated == count.all, "{count}");

    let corpus = std::env::var_os("REHEARSAL_CORPUS").map(PathBuf::from);
    let beside = BESIDE.iter().map(|folder| here.join(folder));
    for folder in beside.chain(corpus).filter(|folder| folder.is_dir()) {
        let count = simulated.count(&folder);
        // No figure of the table in docs/fidelity.md: not every clone has it.
        println!("{}: {} of {} are simulated", folder.display(), count.simulated, count.all);
        print!("{count}");
    }
}
