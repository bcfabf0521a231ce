//! Panics are caught, nested or not.

use rehearsal_workflow::quiet::{Panic, catch};

#[test]
fn a_panic_is_told_with_its_place() {
    let Panic { message, location } = catch(|| panic!("{} is broken", 7)).unwrap_err();
    assert_eq!(message, "7 is broken");
    assert!(location.unwrap().contains("quiet.rs:"));
    let strange = catch(|| std::panic::panic_any(7)).unwrap_err();
    assert_eq!(strange.message, "a panic without a message");
}

#[test]
fn catches_may_be_nested() {
    let outer = catch(|| {
        let inner = catch(|| panic!("inner")).unwrap_err();
        assert_eq!(inner.message, "inner");
        panic!("outer")
    });
    assert_eq!(outer.unwrap_err().message, "outer");
    assert_eq!(catch(|| 7), Ok(7));
}
