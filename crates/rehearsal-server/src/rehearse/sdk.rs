//! Whose rules are followed where SDKs differ, by what the workers say that they are.

use std::collections::BTreeSet;

use rehearsal::Profile;
use rehearsal_history::SmolStr;

/// Whose rules are followed in a rehearsal.
#[derive(Debug, PartialEq)]
pub(super) struct Rules {
    pub(super) profile: Profile,
    /// What is to be said of it, if these are not the rules of each of the workers.
    pub(super) told: Option<String>,
}

impl Rules {
    /// For workers whose SDKs call themselves so. One that does not say its name counts for nothing.
    pub(super) fn of(sdks: &BTreeSet<SmolStr>) -> Self {
        let profile = sdks.iter().find_map(|sdk| profile_of(sdk)).unwrap_or_default();
        let others: Vec<&str> = sdks
            .iter()
            .map(SmolStr::as_str)
            .filter(|sdk| !sdk.is_empty() && profile_of(sdk) != Some(profile))
            .collect();
        let whose = match profile {
            Profile::Core => "core",
            _ => "the Go SDK",
        };
        let told = (!others.is_empty()).then(|| {
            format!(
                "workers of {}: where SDKs differ, the rules of {whose} were followed",
                others.join(" and ")
            )
        });
        Self { profile, told }
    }
}

/// The profile of an SDK by the name that it sends along with each call; none if there is none of it.
fn profile_of(sdk: &str) -> Option<Profile> {
    match sdk {
        "temporal-go" => Some(Profile::Go),
        "temporal-rust"
        | "temporal-python"
        | "temporal-typescript"
        | "temporal-dotnet"
        | "temporal-ruby" => Some(Profile::Core),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules<const N: usize>(sdks: [&str; N]) -> Rules {
        Rules::of(&sdks.map(SmolStr::from).into())
    }

    #[test]
    fn the_rules_are_those_of_the_connected_sdk() {
        assert_eq!(rules(["temporal-go"]), Rules { profile: Profile::Go, told: None });
        assert_eq!(rules(["temporal-python"]), Rules { profile: Profile::Core, told: None });
        assert_eq!(rules(["", "temporal-rust"]), Rules { profile: Profile::Core, told: None });
        assert_eq!(rules([""]), Rules { profile: Profile::Go, told: None });
    }

    #[test]
    fn whose_rules_are_not_there_is_told() {
        let java = rules(["temporal-java"]);
        assert_eq!(java.profile, Profile::Go);
        insta::assert_snapshot!(java.told.unwrap(), @"workers of temporal-java: where SDKs differ, the rules of the Go SDK were followed");
        let both = rules(["temporal-go", "temporal-python"]);
        assert_eq!(both.profile, Profile::Go);
        insta::assert_snapshot!(both.told.unwrap(), @"workers of temporal-python: where SDKs differ, the rules of the Go SDK were followed");
    }
}
