//! Ids that the server draws, made from those that are there.

use rehearsal_history::SmolStr;

/// A UUID that is a function of the id of a run and of what it is wanted for, so that it is the same in every run of a
/// scenario, whatever else happens. 128 bits of FNV-1a, mixed once more, as the texts are short and alike.
pub(crate) fn derived(run_id: &str, purpose: &str) -> SmolStr {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let bytes = run_id.bytes().chain([0]).chain(purpose.bytes());
    let hash = bytes.fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    let mixed = (hash ^ (hash >> 67)).wrapping_mul(PRIME.rotate_left(61) | 1);
    uuid(mixed ^ (mixed >> 59))
}

/// As a UUID of version 4.
fn uuid(bits: u128) -> SmolStr {
    let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    smol_str::format_smolstr!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        bits >> 96,
        (bits >> 80) & 0xffff,
        (bits >> 64) & 0xffff,
        (bits >> 48) & 0xffff,
        bits & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn an_id_is_a_function_of_where_it_comes_from() {
        let id = derived("b585f767-a79a-4b6c-b746-a55fbad8c037", "next");
        assert_eq!(id, derived("b585f767-a79a-4b6c-b746-a55fbad8c037", "next"));
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "4");
        assert_ne!(id, derived("b585f767-a79a-4b6c-b746-a55fbad8c037", "nexu"));
        assert_ne!(id, derived("b585f767-a79a-4b6c-b746-a55fbad8c038", "next"));
    }

    #[test]
    fn ids_of_many_are_all_different() {
        let mut seen = BTreeSet::new();
        let mut id = SmolStr::new("run");
        for nth in 0..10_000_u32 {
            id = derived(&id, "next");
            assert!(seen.insert(id.clone()), "{nth}");
            assert!(seen.insert(derived("run", &nth.to_string())), "{nth}");
        }
    }
}
