//! Tells the tests where the descriptors of Temporal's messages are, which the crate of the messages publishes.

fn main() {
    println!("cargo::rerun-if-env-changed=DEP_TEMPORALIO_PROTOS_DESCRIPTOR_PATH");
    if let Some(path) = std::env::var_os("DEP_TEMPORALIO_PROTOS_DESCRIPTOR_PATH") {
        println!("cargo::rustc-env=TEMPORAL_DESCRIPTORS={}", path.display());
    }
}
