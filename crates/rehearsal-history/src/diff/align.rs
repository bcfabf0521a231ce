//! Pairs the elements of two lists: a longest common subsequence.

/// The most cells of the table; longer lists that differ nearly everywhere are paired by place.
const MOST_CELLS: usize = 4_000_000;

/// Elements of the left and right list by index, in order, equal ones paired.
type Pairs = Vec<(Option<usize>, Option<usize>)>;

/// Pairs equal elements so that as many as possible are paired. Of two ways that pair as many, the one that takes
/// elements of the left list first.
pub(super) fn align<T: PartialEq>(left: &[T], right: &[T]) -> Pairs {
    let head = left.iter().zip(right).take_while(|(left, right)| left == right).count();
    let (left_rest, right_rest) = (&left[head..], &right[head..]);
    let tail =
        left_rest.iter().rev().zip(right_rest.iter().rev()).take_while(|(l, r)| l == r).count();
    let left_middle = &left_rest[..left_rest.len() - tail];
    let right_middle = &right_rest[..right_rest.len() - tail];

    let mut pairs: Pairs = (0..head).map(|index| (Some(index), Some(index))).collect();
    let shift = |index: Option<usize>| index.map(|index| index + head);
    pairs.extend(middle(left_middle, right_middle).into_iter().map(|(l, r)| (shift(l), shift(r))));
    let (left_tail, right_tail) = (left.len() - tail, right.len() - tail);
    pairs.extend((0..tail).map(|index| (Some(left_tail + index), Some(right_tail + index))));
    pairs
}

fn middle<T: PartialEq>(left: &[T], right: &[T]) -> Pairs {
    if left.len().saturating_mul(right.len()) > MOST_CELLS {
        return by_place(left, right);
    }
    // `longest[l][r]`: how many elements of `left[l..]` and `right[r..]` can be paired.
    let width = right.len() + 1;
    let mut longest = vec![0_u32; (left.len() + 1) * width];
    for l in (0..left.len()).rev() {
        for r in (0..right.len()).rev() {
            longest[l * width + r] = if left[l] == right[r] {
                longest[(l + 1) * width + r + 1] + 1
            } else {
                longest[(l + 1) * width + r].max(longest[l * width + r + 1])
            };
        }
    }
    let mut pairs = Pairs::new();
    let (mut l, mut r) = (0, 0);
    while l < left.len() || r < right.len() {
        if l < left.len() && r < right.len() && left[l] == right[r] {
            pairs.push((Some(l), Some(r)));
            l += 1;
            r += 1;
        } else if r == right.len()
            || (l < left.len() && longest[(l + 1) * width + r] >= longest[l * width + r + 1])
        {
            pairs.push((Some(l), None));
            l += 1;
        } else {
            pairs.push((None, Some(r)));
            r += 1;
        }
    }
    pairs
}

fn by_place<T: PartialEq>(left: &[T], right: &[T]) -> Pairs {
    let mut pairs = Pairs::new();
    for index in 0..left.len().max(right.len()) {
        match (left.get(index), right.get(index)) {
            (Some(l), Some(r)) if l == r => pairs.push((Some(index), Some(index))),
            (l, r) => {
                pairs.extend(l.map(|_| (Some(index), None)));
                pairs.extend(r.map(|_| (None, Some(index))));
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(left: &str, right: &str) -> String {
        let (left, right): (Vec<char>, Vec<char>) =
            (left.chars().collect(), right.chars().collect());
        align(&left, &right)
            .into_iter()
            .map(|pair| match pair {
                (Some(l), Some(_)) => format!("{} ", left[l]),
                (Some(l), None) => format!("-{} ", left[l]),
                (None, Some(r)) => format!("+{} ", right[r]),
                (None, None) => "? ".to_owned(),
            })
            .collect()
    }

    #[test]
    fn equal_elements_are_paired() {
        assert_eq!(show("abc", "abc"), "a b c ");
        assert_eq!(show("abc", "axc"), "a -b +x c ");
        assert_eq!(show("abcd", "bcde"), "-a b c d +e ");
        assert_eq!(show("", "ab"), "+a +b ");
        assert_eq!(show("aab", "ab"), "a -a b ");
    }

    #[test]
    fn lists_that_are_too_long_are_paired_by_place() {
        assert_eq!(
            by_place(&[1, 2, 3], &[1, 3]),
            [(Some(0), Some(0)), (Some(1), None), (None, Some(1)), (Some(2), None)]
        );
    }
}
