//! How one list becomes another (github.com/google/go-cmp v0.6.0: cmp/internal/diff/diff.go).
//!
//! A greedy search from both ends by turns until they meet, within a budget: fast, and not always the shortest way.

use std::ops::AddAssign;

/// How many parts of two values are equal.
#[derive(Clone, Copy, Default)]
pub struct Likeness {
    pub same: usize,
    pub different: usize,
}

impl Likeness {
    pub fn leaf(is_same: bool) -> Likeness {
        Likeness { same: is_same.into(), different: (!is_same).into() }
    }

    /// Whether one may count as a change of the other.
    fn is_near(self) -> bool {
        self.same + 1 >= self.different
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    Same,
    Removed,
    Inserted,
    Modified,
}

/// How often each edit occurs.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub same: usize,
    pub removed: usize,
    pub inserted: usize,
    pub modified: usize,
}

impl Tally {
    /// `2 identical and 1 removed fields`.
    pub fn words(self, name: &str) -> String {
        let counts = [
            (self.same, "identical"),
            (self.removed, "removed"),
            (self.inserted, "inserted"),
            (self.modified, "modified"),
        ];
        let total: usize = counts.iter().map(|(count, _)| count).sum();
        let named = counts.iter().filter(|(count, _)| *count > 0);
        let words: Vec<String> = named.map(|(count, label)| format!("{count} {label}")).collect();
        let words = match &words[..] {
            [first @ .., last] if first.len() > 1 => format!("{}, and {last}", first.join(", ")),
            _ => words.join(" and "),
        };
        match name.strip_suffix('y') {
            _ if total <= 1 => format!("{words} {name}"),
            Some(stem) => format!("{words} {stem}ies"),
            None => format!("{words} {name}s"),
        }
    }
}

impl FromIterator<Edit> for Tally {
    fn from_iter<I: IntoIterator<Item = Edit>>(edits: I) -> Tally {
        let mut tally = Tally::default();
        for edit in edits {
            *match edit {
                Edit::Same => &mut tally.same,
                Edit::Removed => &mut tally.removed,
                Edit::Inserted => &mut tally.inserted,
                Edit::Modified => &mut tally.modified,
            } += 1;
        }
        tally
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.same += other.same;
        self.removed += other.removed;
        self.inserted += other.inserted;
        self.modified += other.modified;
    }
}

/// A way from one end, in positions counted from that end.
#[derive(Default)]
struct Way {
    from_behind: bool,
    edits: Vec<Edit>,
    /// What the edits cover of the old and the new list.
    x: usize,
    y: usize,
    /// Where the search goes on.
    next_x: usize,
    next_y: usize,
}

impl Way {
    fn go(&mut self, edit: Edit) {
        self.edits.push(edit);
        self.x += usize::from(edit != Edit::Inserted);
        self.y += usize::from(edit != Edit::Removed);
    }

    /// Goes to a place in which nothing on the way is known to be equal.
    fn go_to(&mut self, x: usize, y: usize, likeness: &dyn Fn(usize, usize) -> Likeness) {
        while self.x < x && self.y < y {
            let found = likeness(self.x, self.y);
            let (left_x, left_y) = (x - self.x, y - self.y);
            self.go(match found {
                Likeness { different: 0, .. } => Edit::Same,
                found if found.is_near() => Edit::Modified,
                _ if left_x > left_y || left_x == left_y && !self.from_behind => Edit::Removed,
                _ => Edit::Inserted,
            });
        }
        (self.x..x).for_each(|_| self.go(Edit::Removed));
        (self.y..y).for_each(|_| self.go(Edit::Inserted));
    }

    /// Looks for the next equal pair along a diagonal, from its middle outwards, and follows the equal ones from there.
    fn search(
        &mut self,
        (end_x, end_y): (usize, usize),
        budget: &mut usize,
        likeness: &dyn Fn(usize, usize) -> Likeness,
    ) {
        let (mut is_out_above, mut is_out_below, mut step) = (false, false, 0usize);
        while !(is_out_above && is_out_below) && *budget > 0 {
            // 0, -1, 1, -2, 2, …
            let aside = step.div_ceil(2);
            let place = if step % 2 == 1 {
                self.next_x.checked_sub(aside).map(|x| (x, self.next_y + aside))
            } else {
                self.next_y.checked_sub(aside).map(|y| (self.next_x + aside, y))
            };
            match place {
                Some((x, _)) if x >= end_x => is_out_above = true,
                Some((_, y)) if y < self.y => is_out_above = true,
                None if step % 2 == 0 => is_out_above = true,
                Some((_, y)) if y >= end_y => is_out_below = true,
                Some((x, _)) if x < self.x => is_out_below = true,
                None => is_out_below = true,
                Some((x, y)) if likeness(x, y).different == 0 => {
                    self.go_to(x, y, likeness);
                    while self.x < end_x && self.y < end_y && likeness(self.x, self.y).different == 0 {
                        self.go(Edit::Same);
                    }
                    (self.next_x, self.next_y) = (self.x, self.y);
                    break;
                }
                Some(_) => *budget -= 1,
            }
            step += 1;
        }
        if end_x.saturating_sub(self.next_x) >= end_y.saturating_sub(self.next_y) {
            self.next_x += 1;
        } else {
            self.next_y += 1;
        }
    }
}

/// The edits that make a list of `new` elements of one of `old`, by the likeness of two of their elements.
pub fn edits(old: usize, new: usize, likeness: &dyn Fn(usize, usize) -> Likeness) -> Vec<Edit> {
    let mut ahead = Way::default();
    let mut behind = Way { from_behind: true, ..Way::default() };
    let mirrored = |x: usize, y: usize| likeness(old - 1 - x, new - 1 - y);
    let mut budget = 4 * (old + new);
    // Which end comes first is left to chance.
    let mut is_ahead = false;
    while ahead.next_x + behind.next_x < old && ahead.next_y + behind.next_y < new && budget > 0 {
        if is_ahead {
            ahead.search((old - behind.x, new - behind.y), &mut budget, likeness);
        } else {
            behind.search((old - ahead.x, new - ahead.y), &mut budget, &mirrored);
        }
        is_ahead = !is_ahead;
    }
    ahead.go_to(old - behind.x, new - behind.y, likeness);
    ahead.edits.extend(behind.edits.into_iter().rev());
    ahead.edits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_edited_at_both_ends_and_within() {
        let cases = [
            ("", "", ""),
            ("", "ab", "++"),
            ("ab", "", "--"),
            ("abc", "abc", "..."),
            ("abcd", "abxde", "..~.+"),
            ("abc", "xabc", "+..."),
            ("abc", "b", "-.-"),
        ];
        for (old, new, signs) in cases {
            let same = |i: usize, j: usize| Likeness::leaf(old.as_bytes()[i] == new.as_bytes()[j]);
            let sign = |edit: Edit| match edit {
                Edit::Same => '.',
                Edit::Removed => '-',
                Edit::Inserted => '+',
                Edit::Modified => '~',
            };
            let found: String = edits(old.len(), new.len(), &same).into_iter().map(sign).collect();
            assert_eq!(found, signs, "{old} {new}");
        }
    }

    #[test]
    fn tallies_are_told_in_words() {
        let tally = |same, removed, inserted, modified| Tally { same, removed, inserted, modified };
        let cases = [
            (tally(1, 0, 0, 0), "field", "1 identical field"),
            (tally(2, 0, 0, 0), "entry", "2 identical entries"),
            (tally(1, 0, 0, 3), "byte", "1 identical and 3 modified bytes"),
            (tally(1, 2, 3, 0), "element", "1 identical, 2 removed, and 3 inserted elements"),
        ];
        for (tally, name, words) in cases {
            assert_eq!(tally.words(name), words);
        }
    }
}
