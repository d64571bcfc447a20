//! Stop words of languages in Latin letters. Words that are frequent in programs (if, for, in, not, or) are left out.

use super::names::Language;

/// The stop words of each language, in lower case. A word may belong to several.
pub(super) const LATIN: [(Language, &str); 7] = [
    (
        Language::English,
        "the of and to a is are was were be been have has had with that this these those you your we they he she it its \
         as at by from on will would can could should which what there their about because more most also but an when",
    ),
    (
        Language::German,
        "der die das den dem des und ist sind war nicht ein eine einen einem einer eines mit von zu zum zur auf für im \
         auch sich als wie wir ich sie er es ihr oder aber wenn werden wird wurde haben hat kann können bei nach aus über \
         durch noch nur sehr dass sein seine ihre um am vom man",
    ),
    (
        Language::French,
        "le la les des du de un une et est sont était dans pour pas plus que qui avec sur par ce cette ces il elle nous vous \
         ils elles je on au aux ne se son sa ses leur mais ou où être avoir fait peut comme tout aussi très en votre d l c \
         qu n s",
    ),
    (
        Language::Spanish,
        "el la los las de del un una y es son era en para por que con no se su sus al lo como más pero o muy también este \
         esta estos estas ha han hay ser está están cuando porque sobre entre sin usted nos le les puede tu",
    ),
    (
        Language::Italian,
        "il lo la i gli le di del della dei delle dello degli un una uno e è sono era in nel nella per che con non si su sul \
         sulla al alla ai alle come più ma o anche questo questa questi queste ha hanno essere può quando perché da dal \
         dalla tra fra molto suo sua",
    ),
    (
        Language::Portuguese,
        "o a os as de do da dos das um uma e é são era em no na nos nas para por pelo pela que com não se seu sua seus suas \
         ao aos à às como mais mas ou também muito este esta isso isto foi ser está estão quando porque sobre entre você \
         eu ele ela pode",
    ),
    (
        Language::Dutch,
        "de het een en is zijn was waren van in op te dat die niet voor met aan er om als ook door naar bij uit over wordt \
         worden werd heeft hebben kan kunnen maar of nog wel dan deze dit je jij u uw wij we ze hij zij hun meer zo",
    ),
];

/// Words of a question that asks for another language.
pub(super) const ASKED_FOR: [&str; 60] = [
    "translate",
    "translates",
    "translated",
    "translation",
    "translating",
    "translator",
    "language",
    "languages",
    "bilingual",
    "multilingual",
    "english",
    "german",
    "french",
    "spanish",
    "italian",
    "portuguese",
    "dutch",
    "russian",
    "chinese",
    "mandarin",
    "japanese",
    "korean",
    "arabic",
    "hindi",
    "latin",
    "übersetze",
    "übersetzen",
    "übersetzung",
    "sprache",
    "deutsch",
    "englisch",
    "französisch",
    "spanisch",
    "traduis",
    "traduire",
    "traduisez",
    "traduction",
    "langue",
    "anglais",
    "français",
    "allemand",
    "traduce",
    "traducir",
    "traducción",
    "idioma",
    "inglés",
    "español",
    "traduci",
    "traduzione",
    "traduza",
    "traduzir",
    "tradução",
    "vertaal",
    "vertaling",
    "переведи",
    "переведите",
    "перевод",
    "译",
    "訳",
    "번역",
];
