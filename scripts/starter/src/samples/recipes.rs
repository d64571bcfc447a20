//! Sample 1: a title and a messy ingredient list become the plain ingredient names. Names are copied from the list as
//! they are written there; a third of the names in the held-out rows occur in no training row.

use super::pantry::{Group, HELD_OUT, Ingredient, Measure, PANTRY};
use super::{Row, chat};
use crate::random::Random;

/// What every recipe row starts with.
pub const SYSTEM: &str = "You are a recipe assistant. Answer with the plain ingredient names, separated by commas.";

const SEED: u64 = 2024;
const WEIGHTS: &[&str] = &["50", "75", "100", "120", "150", "180", "200", "250", "300", "400", "500"];
const SPOONS: &[&str] = &["1", "2", "3", "1/2", "1 1/2", "1/4", "½", "2-3"];
const CUPS: &[&str] = &["1 cup", "2 cups", "3 cups", "1/2 cup", "1 1/2 cups", "1/4 cup", "3/4 cup", "2 1/2 cups"];

/// The `index`-th training row.
pub fn training(index: u64) -> Row {
    recipe(&mut Random::new(SEED, index), 0.0)
}

/// The `index`-th held-out row: other dishes, and names that no training row has.
pub fn held_out(index: u64) -> Row {
    recipe(&mut Random::new(SEED, 1_000_000 + index), 0.35)
}

/// Whether the answer of a row has a name that no training row has.
pub fn is_unseen(answer: &str) -> bool {
    answer.split(", ").any(|name| HELD_OUT.iter().any(|item| item.name == name || item.single == name))
}

fn recipe(random: &mut Random, unseen: f64) -> Row {
    let group = *random.one(&[Group::Savoury, Group::Sweet, Group::Salad]);
    let count = random.between(3, 5);
    let mut chosen: Vec<&Ingredient> = Vec::new();
    while chosen.len() < count {
        let pool = if random.chance(unseen) { HELD_OUT } else { PANTRY };
        let ingredient = random.one(pool);
        if ingredient.groups.contains(&group) && !chosen.iter().any(|other| other.name == ingredient.name) {
            chosen.push(ingredient);
        }
    }
    let bullet = *random.one(&["- ", "- ", "- ", "* "]);
    let mut list = title(random, group, &chosen);
    let mut names = Vec::new();
    for ingredient in chosen {
        let (line, name) = line(random, ingredient);
        list += &format!("\n{bullet}{line}");
        names.push(name);
    }
    chat(Some(SYSTEM), &list, &names.join(", "))
}

/// A dish named after the first ingredient that can carry one.
fn title(random: &mut Random, group: Group, chosen: &[&Ingredient]) -> String {
    let dishes: &[&str] = match group {
        Group::Savoury => &["stew", "soup", "curry", "pie", "bake", "stir-fry", "casserole", "gratin"],
        Group::Sweet => &["cake", "muffins", "cookies", "pudding", "tart", "pancakes", "crumble", "bars"],
        Group::Salad => &["salad", "bowl", "wraps", "toast", "dip", "slaw"],
    };
    let mood = random.pick(&[
        "Quick",
        "Easy",
        "Grandma's",
        "Summer",
        "Winter",
        "Sunday",
        "Simple",
        "Rustic",
        "Weeknight",
        "Holiday",
    ]);
    let dish = random.pick(dishes);
    let carries = |item: &&&Ingredient| {
        matches!(item.measure, Measure::Weight | Measure::Count | Measure::Tin) && item.name != "butter"
    };
    match chosen.iter().find(carries) {
        Some(main) => format!("{mood} {} {dish}", one_of(main)),
        None => format!("{mood} {dish}"),
    }
}

/// The word for one of it, as dishes are named: “hazelnut muffins”.
fn one_of(ingredient: &Ingredient) -> String {
    let name = ingredient.single;
    match name.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None if name.ends_with("us") => name.to_owned(),
        None => name.strip_suffix('s').unwrap_or(name).to_owned(),
    }
}

/// One messy line and the name in it, as it is written there.
fn line(random: &mut Random, ingredient: &Ingredient) -> (String, String) {
    let mut name = ingredient.name.to_owned();
    let mut quantity = match ingredient.measure {
        Measure::Weight => grams(random),
        Measure::Cups => random.pick(CUPS).to_owned(),
        Measure::Spoons => {
            format!("{} {}", random.pick(SPOONS), random.pick(&["tbsp", "tsp", "tablespoons", "teaspoons"]))
        }
        Measure::Liquid => {
            format!("{}{}ml", random.pick(&["50", "100", "150", "200", "250", "500"]), random.pick(&["", " "]))
        }
        Measure::Pinch => format!("{} of", random.pick(&["a pinch", "a dash", "2 pinches", "a handful"])),
        Measure::Handful => {
            random.pick(&["a handful of", "1 bunch of", "2 sprigs of", "1/2 cup", "a few sprigs of"]).to_owned()
        }
        Measure::Count => random.pick(&["2", "3", "4", "5", "6"]).to_owned(),
        Measure::Tin => random.pick(&["1 can of", "2 cans of", "1 can", "400 g", "1 jar of", "1 tin of"]).to_owned(),
    };
    if ingredient.measure == Measure::Count && random.chance(0.3) {
        quantity = "1".into();
        name = ingredient.single.to_owned();
    }
    let adjective =
        if random.chance(0.25) { format!("{} ", random.pick(adjectives(ingredient))) } else { String::new() };
    let line = match random.below(10) {
        0 if ingredient.measure != Measure::Count => format!("{adjective}{name}, {}", quantity.trim_end_matches(" of")),
        1 if ingredient.measure != Measure::Count => {
            format!("{adjective}{name} ({})", quantity.trim_end_matches(" of"))
        }
        2 => format!("about {quantity} {adjective}{name}"),
        _ => format!("{quantity} {adjective}{name}{}", tail(random, ingredient)),
    };
    (line, name)
}

fn grams(random: &mut Random) -> String {
    match random.below(6) {
        0 => format!("{} oz", random.between(2, 12)),
        1 => format!("{} lb", random.pick(&["1", "2", "1/2"])),
        2 | 3 => format!("{}g", random.pick(WEIGHTS)),
        _ => format!("{} g", random.pick(WEIGHTS)),
    }
}

fn tail(random: &mut Random, ingredient: &Ingredient) -> String {
    let note = random.pick(notes(ingredient));
    match random.below(8) {
        0 | 1 => format!(", {note}"),
        2 => format!(" ({note})"),
        3 => " (optional)".into(),
        4 => format!(" - {note}"),
        _ => String::new(),
    }
}

fn adjectives(ingredient: &Ingredient) -> &'static [&'static str] {
    match ingredient.measure {
        Measure::Weight => &["fresh", "cold", "good", "chopped", "sliced", "organic"],
        Measure::Cups | Measure::Spoons | Measure::Tin => &["good", "organic", "plain"],
        Measure::Liquid => &["cold", "warm", "organic"],
        Measure::Pinch => &["fine", "good"],
        Measure::Handful => &["fresh", "chopped", "torn"],
        Measure::Count => &["large", "small", "medium", "organic", "fresh"],
    }
}

fn notes(ingredient: &Ingredient) -> &'static [&'static str] {
    match ingredient.measure {
        Measure::Weight => {
            &["chopped", "finely chopped", "sliced", "cut into pieces", "divided", "at room temperature", "for serving"]
        }
        Measure::Cups => &["divided", "packed", "plus more for dusting", "or more", "rinsed"],
        Measure::Spoons => &["divided", "or to taste", "plus more for serving", "if you like"],
        Measure::Liquid => &["at room temperature", "cold", "plus a little more", "divided"],
        Measure::Pinch => &["to taste", "or more", "if you like"],
        Measure::Handful => &["chopped", "finely chopped", "roughly torn", "leaves only", "for serving"],
        Measure::Count if ingredient.single == "egg" => &["beaten", "lightly beaten", "at room temperature"],
        Measure::Count => &["sliced", "thinly sliced", "cut in half", "chopped", "diced", "at room temperature"],
        Measure::Tin => &["drained", "rinsed", "drained and rinsed", "or more"],
    }
}
