//! Groups of rows that a split must keep together, in the order that its seed gives them.

use std::collections::HashMap;

/// Rows in groups: those with the same place in the order, and those that were named as alike. Most of millions of rows are
/// like no other, so only eight bytes are kept of each.
pub(super) struct Groups<'a> {
    places: Places<'a>,
    /// The upper half of its place, and the row.
    order: Vec<(u32, u32)>,
}

impl<'a> Groups<'a> {
    /// Orders rows by their places; `alike` are groups of row numbers, which go to the first place of theirs.
    pub(super) fn new(places: &'a [u64], alike: &[Vec<u32>]) -> Self {
        let rows = 0..places.len() as u32;
        let places = Places { joined: Joined::of(places, alike), own: places };
        let mut order: Vec<(u32, u32)> = rows.map(|row| ((places.of(row) >> 32) as u32, row)).collect();
        let whole = |row: u32| (places.of(row), row);
        order.sort_unstable_by(|one, other| one.0.cmp(&other.0).then_with(|| whole(one.1).cmp(&whole(other.1))));
        Self { places, order }
    }

    /// The rows of each group.
    pub(super) fn in_order(&self) -> impl Iterator<Item = impl Iterator<Item = u32> + Clone> {
        let place = |(_, row): &(u32, u32)| self.places.of(*row);
        let groups = self.order.chunk_by(move |one, other| one.0 == other.0 && place(one) == place(other));
        groups.map(|group| group.iter().map(|(_, row)| *row))
    }
}

/// The place of each row in the order.
struct Places<'a> {
    own: &'a [u64],
    joined: Joined,
}

impl Places<'_> {
    fn of(&self, row: u32) -> u64 {
        self.joined.first(self.own[row as usize])
    }
}

/// A union-find of places (Galler and Fisher 1964): each points at an earlier one of its set, and the first at itself.
/// Places that are not joined with others are left out.
#[derive(Default)]
struct Joined(HashMap<u64, u64>);

impl Joined {
    fn of(places: &[u64], alike: &[Vec<u32>]) -> Self {
        let mut joined = Self::default();
        for group in alike {
            let mut there = group.iter().filter_map(|row| places.get(*row as usize));
            if let Some(first) = there.next() {
                there.for_each(|place| joined.join(*first, *place));
            }
        }
        let all: Vec<u64> = joined.0.keys().copied().collect();
        for place in all {
            let root = joined.root(place);
            joined.0.insert(place, root);
        }
        joined
    }

    /// The first place of those that this one is joined with.
    fn first(&self, place: u64) -> u64 {
        self.0.get(&place).copied().unwrap_or(place)
    }

    fn join(&mut self, one: u64, other: u64) {
        let (one, other) = (self.root(one), self.root(other));
        self.0.insert(one, one.min(other));
        self.0.insert(other, one.min(other));
    }

    fn root(&mut self, mut place: u64) -> u64 {
        loop {
            let next = self.first(place);
            if next == place {
                return place;
            }
            // Path halving.
            let further = self.first(next);
            self.0.insert(place, further);
            place = further;
        }
    }
}
