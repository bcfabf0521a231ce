//! The page of RPCs names each RPC of the descriptors once, and says of each what the table of the server says.

use std::collections::BTreeMap;

use rehearsal_server::SERVED;

use crate::descriptor::{File, files};

/// The page, and the services that it is about.
const PAGE: &str = include_str!("../../../../docs/rpc.md");
const SERVICES: &[(&str, &str)] = &[
    ("WorkflowService", "temporal.api.workflowservice.v1.WorkflowService"),
    ("OperatorService", "temporal.api.operatorservice.v1.OperatorService"),
    ("TestService", "temporal.api.testservice.v1.TestService"),
    ("Health", "grpc.health.v1.Health"),
];

/// The RPCs of each service, in the order of the descriptors.
fn described() -> BTreeMap<String, Vec<String>> {
    let of = |file: File| {
        let package = file.package;
        file.services.into_iter().map(move |service| {
            let rpcs = service.methods.into_iter().map(|method| method.name).collect();
            (format!("{package}.{}", service.name), rpcs)
        })
    };
    files().into_iter().flat_map(of).collect()
}

/// The rows of the page: service, RPC, state, tests.
fn rows() -> Vec<[&'static str; 4]> {
    let mut rows = Vec::new();
    let mut service = "";
    for line in PAGE.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            service = SERVICES.iter().find(|(name, _)| *name == title).unwrap().1;
        } else if line.starts_with("| ") && !line.starts_with("| RPC") {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            rows.push([service, cells[1], cells[2], cells[3]]);
        }
    }
    rows
}

#[test]
fn each_rpc_has_one_row_in_the_order_of_the_descriptors() {
    let described = described();
    for (_, service) in SERVICES {
        let named: Vec<&str> =
            rows().iter().filter(|row| row[0] == *service).map(|row| row[1]).collect();
        assert_eq!(named, described[*service], "{service}");
    }
}

#[test]
fn what_the_page_says_is_what_the_server_does() {
    for [service, rpc, state, tests] in rows() {
        let served = SERVED.iter().any(|it| it.service == service && it.rpc == rpc);
        assert!(["done", "partly", "refused"].contains(&state), "{rpc}: {state}");
        assert_eq!(served, state != "refused", "{rpc}");
        for file in tests.split(", ") {
            let file = file.trim_matches('`');
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(file);
            assert!(path.exists(), "{rpc}: {file}");
        }
    }
    assert_eq!(SERVED.len(), rows().iter().filter(|row| row[2] != "refused").count());
}
