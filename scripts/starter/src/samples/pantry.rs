//! What the recipes are made of: each ingredient with the way it is measured and the dishes it fits.

/// A kind of dish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Stews, soups, bakes.
    Savoury,
    /// Cakes, cookies, puddings.
    Sweet,
    /// Salads, bowls, dips.
    Salad,
}

/// How an ingredient is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// 200 g
    Weight,
    /// 1 1/2 cups
    Cups,
    /// 2 tbsp
    Spoons,
    /// 150 ml
    Liquid,
    /// a pinch of
    Pinch,
    /// a handful of
    Handful,
    /// 3
    Count,
    /// 1 can of
    Tin,
}

/// One ingredient.
#[derive(Debug)]
pub struct Ingredient {
    /// As a list names it.
    pub name: &'static str,
    /// One of it; the same as `name` where it is not counted.
    pub single: &'static str,
    /// How it is measured.
    pub measure: Measure,
    /// The dishes it fits.
    pub groups: &'static [Group],
}

const fn item(name: &'static str, single: &'static str, measure: Measure, groups: &'static [Group]) -> Ingredient {
    Ingredient { name, single, measure, groups }
}

const SAVOURY: &[Group] = &[Group::Savoury];
const SWEET: &[Group] = &[Group::Sweet];
const SALAD: &[Group] = &[Group::Salad];
const SAVOURY_SALAD: &[Group] = &[Group::Savoury, Group::Salad];
const SAVOURY_SWEET: &[Group] = &[Group::Savoury, Group::Sweet];
const ALL: &[Group] = &[Group::Savoury, Group::Sweet, Group::Salad];
const SWEET_SALAD: &[Group] = &[Group::Sweet, Group::Salad];

/// What the training rows, and most lines of the held-out rows, are made of.
#[rustfmt::skip]
pub const PANTRY: &[Ingredient] = &[
    item("olive oil", "olive oil", Measure::Spoons, SAVOURY_SALAD),
    item("salt", "salt", Measure::Pinch, ALL),
    item("black pepper", "black pepper", Measure::Pinch, SAVOURY_SALAD),
    item("lemon juice", "lemon juice", Measure::Spoons, SAVOURY_SALAD),
    item("garlic cloves", "garlic clove", Measure::Count, SAVOURY_SALAD),
    item("red onions", "red onion", Measure::Count, SAVOURY_SALAD),
    item("tomatoes", "tomato", Measure::Count, SAVOURY_SALAD),
    item("parsley", "parsley", Measure::Handful, SAVOURY_SALAD),
    item("basil", "basil", Measure::Handful, SAVOURY_SALAD),
    item("chickpeas", "chickpeas", Measure::Tin, SAVOURY_SALAD),
    item("black beans", "black beans", Measure::Tin, SAVOURY_SALAD),
    item("corn", "corn", Measure::Tin, SAVOURY_SALAD),
    item("feta", "feta", Measure::Weight, SAVOURY_SALAD),
    item("carrots", "carrot", Measure::Count, SAVOURY_SALAD),
    item("red peppers", "red pepper", Measure::Count, SAVOURY_SALAD),
    item("spinach", "spinach", Measure::Weight, SAVOURY_SALAD),
    item("coriander", "coriander", Measure::Handful, SAVOURY_SALAD),
    item("cooked rice", "cooked rice", Measure::Cups, SAVOURY_SALAD),
    item("chicken breasts", "chicken breast", Measure::Count, SAVOURY_SALAD),
    item("tuna", "tuna", Measure::Tin, SAVOURY_SALAD),
    item("bacon", "bacon", Measure::Weight, SAVOURY_SALAD),
    item("spring onions", "spring onion", Measure::Count, SAVOURY_SALAD),
    item("chili flakes", "chili flakes", Measure::Pinch, SAVOURY_SALAD),
    item("mustard", "mustard", Measure::Spoons, SAVOURY_SALAD),
    item("vinegar", "vinegar", Measure::Spoons, SAVOURY_SALAD),
    item("soy sauce", "soy sauce", Measure::Spoons, SAVOURY_SALAD),
    item("peanuts", "peanuts", Measure::Weight, SAVOURY_SALAD),
    item("parmesan", "parmesan", Measure::Weight, SAVOURY_SALAD),
    item("celery", "celery", Measure::Weight, SAVOURY_SALAD),
    item("limes", "lime", Measure::Count, SAVOURY_SALAD),
    item("onions", "onion", Measure::Count, SAVOURY),
    item("potatoes", "potato", Measure::Count, SAVOURY),
    item("beef", "beef", Measure::Weight, SAVOURY),
    item("ground pork", "ground pork", Measure::Weight, SAVOURY),
    item("lentils", "lentils", Measure::Cups, SAVOURY),
    item("vegetable stock", "vegetable stock", Measure::Liquid, SAVOURY),
    item("coconut milk", "coconut milk", Measure::Tin, SAVOURY),
    item("curry powder", "curry powder", Measure::Spoons, SAVOURY),
    item("cumin", "cumin", Measure::Spoons, SAVOURY),
    item("paprika", "paprika", Measure::Spoons, SAVOURY),
    item("oregano", "oregano", Measure::Spoons, SAVOURY),
    item("thyme", "thyme", Measure::Handful, SAVOURY),
    item("rosemary", "rosemary", Measure::Handful, SAVOURY),
    item("butter", "butter", Measure::Weight, SAVOURY_SWEET),
    item("cream", "cream", Measure::Liquid, SAVOURY_SWEET),
    item("flour", "flour", Measure::Spoons, SAVOURY),
    item("mushrooms", "mushrooms", Measure::Weight, SAVOURY),
    item("zucchini", "zucchini", Measure::Count, SAVOURY),
    item("tomato paste", "tomato paste", Measure::Spoons, SAVOURY),
    item("pasta", "pasta", Measure::Weight, SAVOURY),
    item("egg noodles", "egg noodles", Measure::Weight, SAVOURY),
    item("ginger", "ginger", Measure::Spoons, SAVOURY),
    item("peas", "peas", Measure::Cups, SAVOURY),
    item("cabbage", "cabbage", Measure::Weight, SAVOURY),
    item("leeks", "leek", Measure::Count, SAVOURY),
    item("white beans", "white beans", Measure::Tin, SAVOURY),
    item("cheddar", "cheddar", Measure::Weight, SAVOURY),
    item("shrimp", "shrimp", Measure::Weight, SAVOURY),
    item("salmon", "salmon", Measure::Weight, SAVOURY),
    item("turmeric", "turmeric", Measure::Spoons, SAVOURY),
    item("bread crumbs", "bread crumbs", Measure::Cups, SAVOURY),
    item("sausages", "sausage", Measure::Count, SAVOURY),
    item("tofu", "tofu", Measure::Weight, SAVOURY),
    item("broccoli", "broccoli", Measure::Weight, SAVOURY),
    item("white wine", "white wine", Measure::Liquid, SAVOURY),
    item("flour", "flour", Measure::Cups, SWEET),
    item("white sugar", "white sugar", Measure::Cups, SWEET),
    item("brown sugar", "brown sugar", Measure::Cups, SWEET),
    item("eggs", "egg", Measure::Count, SWEET_SALAD),
    item("milk", "milk", Measure::Liquid, SWEET),
    item("baking powder", "baking powder", Measure::Spoons, SWEET),
    item("baking soda", "baking soda", Measure::Spoons, SWEET),
    item("vanilla", "vanilla", Measure::Spoons, SWEET),
    item("cinnamon", "cinnamon", Measure::Spoons, SWEET),
    item("cocoa powder", "cocoa powder", Measure::Spoons, SWEET),
    item("dark chocolate", "dark chocolate", Measure::Weight, SWEET),
    item("honey", "honey", Measure::Spoons, SWEET_SALAD),
    item("oats", "oats", Measure::Cups, SWEET),
    item("apples", "apple", Measure::Count, SWEET_SALAD),
    item("bananas", "banana", Measure::Count, SWEET),
    item("lemons", "lemon", Measure::Count, SWEET),
    item("blueberries", "blueberries", Measure::Cups, SWEET),
    item("raspberries", "raspberries", Measure::Cups, SWEET),
    item("walnuts", "walnuts", Measure::Weight, SWEET),
    item("almonds", "almonds", Measure::Weight, SWEET_SALAD),
    item("cream cheese", "cream cheese", Measure::Weight, SWEET),
    item("yogurt", "yogurt", Measure::Cups, SWEET_SALAD),
    item("nutmeg", "nutmeg", Measure::Pinch, SWEET),
    item("raisins", "raisins", Measure::Weight, SWEET),
    item("maple syrup", "maple syrup", Measure::Spoons, SWEET),
    item("peanut butter", "peanut butter", Measure::Spoons, SWEET),
    item("corn starch", "corn starch", Measure::Spoons, SWEET),
    item("icing sugar", "icing sugar", Measure::Cups, SWEET),
    item("pears", "pear", Measure::Count, SWEET),
    item("oranges", "orange", Measure::Count, SWEET),
    item("pecans", "pecans", Measure::Weight, SWEET),
    item("strawberries", "strawberries", Measure::Cups, SWEET),
    item("ground ginger", "ground ginger", Measure::Spoons, SWEET),
    item("coconut oil", "coconut oil", Measure::Spoons, SWEET),
    item("yeast", "yeast", Measure::Spoons, SWEET),
    item("cucumbers", "cucumber", Measure::Count, SALAD),
    item("lettuce", "lettuce", Measure::Weight, SALAD),
    item("avocados", "avocado", Measure::Count, SALAD),
    item("mint", "mint", Measure::Handful, SALAD),
    item("radishes", "radish", Measure::Count, SALAD),
    item("goat cheese", "goat cheese", Measure::Weight, SALAD),
    item("olives", "olives", Measure::Tin, SALAD),
    item("bread slices", "bread slice", Measure::Count, SALAD),
    item("sunflower seeds", "sunflower seeds", Measure::Spoons, SALAD),
    item("couscous", "couscous", Measure::Cups, SALAD),
    item("mayonnaise", "mayonnaise", Measure::Spoons, SALAD),
    item("dill", "dill", Measure::Handful, SALAD),
    item("beets", "beet", Measure::Count, SALAD),
    item("ham", "ham", Measure::Weight, SALAD),
    item("tortillas", "tortilla", Measure::Count, SALAD),
];

/// What only the held-out rows have.
#[rustfmt::skip]
pub const HELD_OUT: &[Ingredient] = &[
    item("quinoa", "quinoa", Measure::Cups, SAVOURY_SALAD),
    item("tahini", "tahini", Measure::Spoons, SAVOURY_SALAD),
    item("fennel", "fennel", Measure::Weight, SAVOURY_SALAD),
    item("halloumi", "halloumi", Measure::Weight, SAVOURY_SALAD),
    item("kale", "kale", Measure::Weight, SAVOURY_SALAD),
    item("capers", "capers", Measure::Spoons, SAVOURY_SALAD),
    item("shallots", "shallot", Measure::Count, SAVOURY_SALAD),
    item("sesame oil", "sesame oil", Measure::Spoons, SAVOURY_SALAD),
    item("edamame", "edamame", Measure::Cups, SAVOURY_SALAD),
    item("sumac", "sumac", Measure::Pinch, SAVOURY_SALAD),
    item("chives", "chives", Measure::Handful, SAVOURY_SALAD),
    item("artichokes", "artichoke", Measure::Count, SAVOURY_SALAD),
    item("anchovies", "anchovies", Measure::Tin, SAVOURY_SALAD),
    item("pine nuts", "pine nuts", Measure::Weight, SAVOURY_SALAD),
    item("kidney beans", "kidney beans", Measure::Tin, SAVOURY_SALAD),
    item("asparagus", "asparagus", Measure::Weight, SAVOURY_SALAD),
    item("turkey", "turkey", Measure::Weight, SAVOURY_SALAD),
    item("duck legs", "duck leg", Measure::Count, SAVOURY_SALAD),
    item("harissa", "harissa", Measure::Spoons, SAVOURY_SALAD),
    item("fish sauce", "fish sauce", Measure::Spoons, SAVOURY_SALAD),
    item("sweet potatoes", "sweet potato", Measure::Count, SAVOURY_SALAD),
    item("sage", "sage", Measure::Handful, SAVOURY_SALAD),
    item("eggplants", "eggplant", Measure::Count, SAVOURY_SALAD),
    item("bok choy", "bok choy", Measure::Weight, SAVOURY_SALAD),
    item("barley", "barley", Measure::Cups, SAVOURY),
    item("lamb", "lamb", Measure::Weight, SAVOURY),
    item("cardamom", "cardamom", Measure::Pinch, SAVOURY),
    item("cod", "cod", Measure::Weight, SAVOURY),
    item("gnocchi", "gnocchi", Measure::Weight, SAVOURY),
    item("parsnips", "parsnip", Measure::Count, SAVOURY),
    item("pumpkin", "pumpkin", Measure::Weight, SAVOURY),
    item("saffron", "saffron", Measure::Pinch, SAVOURY),
    item("squid", "squid", Measure::Weight, SAVOURY),
    item("miso", "miso", Measure::Spoons, SAVOURY),
    item("gruyere", "gruyere", Measure::Weight, SAVOURY),
    item("okra", "okra", Measure::Weight, SAVOURY),
    item("polenta", "polenta", Measure::Cups, SAVOURY),
    item("chorizo", "chorizo", Measure::Weight, SAVOURY),
    item("beef stock", "beef stock", Measure::Liquid, SAVOURY),
    item("bay leaves", "bay leaf", Measure::Count, SAVOURY),
    item("figs", "fig", Measure::Count, SWEET),
    item("dates", "dates", Measure::Weight, SWEET),
    item("peaches", "peach", Measure::Count, SWEET),
    item("cherries", "cherries", Measure::Cups, SWEET),
    item("hazelnuts", "hazelnuts", Measure::Weight, SWEET),
    item("ricotta", "ricotta", Measure::Weight, SWEET),
    item("buttermilk", "buttermilk", Measure::Liquid, SWEET),
    item("molasses", "molasses", Measure::Spoons, SWEET),
    item("rum", "rum", Measure::Liquid, SWEET),
    item("apricots", "apricot", Measure::Count, SWEET),
    item("cranberries", "cranberries", Measure::Cups, SWEET),
    item("plums", "plum", Measure::Count, SWEET),
    item("marzipan", "marzipan", Measure::Weight, SWEET),
    item("gelatin", "gelatin", Measure::Spoons, SWEET),
    item("cloves", "cloves", Measure::Pinch, SWEET),
    item("mangoes", "mango", Measure::Count, SWEET),
    item("rhubarb", "rhubarb", Measure::Weight, SWEET),
    item("pistachios", "pistachios", Measure::Weight, SWEET),
    item("white chocolate", "white chocolate", Measure::Weight, SWEET),
    item("espresso", "espresso", Measure::Liquid, SWEET),
    item("rye flour", "rye flour", Measure::Cups, SWEET),
    item("currants", "currants", Measure::Weight, SWEET),
    item("arugula", "arugula", Measure::Weight, SALAD),
    item("mozzarella", "mozzarella", Measure::Weight, SALAD),
    item("grapes", "grapes", Measure::Cups, SALAD),
    item("pomegranates", "pomegranate", Measure::Count, SALAD),
    item("tarragon", "tarragon", Measure::Handful, SALAD),
    item("bulgur", "bulgur", Measure::Cups, SALAD),
    item("hummus", "hummus", Measure::Spoons, SALAD),
    item("pickles", "pickle", Measure::Count, SALAD),
    item("nectarines", "nectarine", Measure::Count, SALAD),
    item("crab", "crab", Measure::Tin, SALAD),
    item("pita breads", "pita bread", Measure::Count, SALAD),
];
