//! Models that the user has, as transformers sees them: `make parity MODELS=FOLDER`, which names the expected texts
//! and ids (scripts/reference/real_models.py) in TUNESMITH_MODELS. Without it there is nothing to compare.

use std::path::Path;

use serde_json::{Value, json};
use tunesmith_data::{Example, RenderError, Renderer};
use tunesmith_protocol::LearnFrom;

use crate::support::{Folder, say, tokenizer_with};
use crate::templates::{conversation, then};

/// What one model or template is called, and how it renders.
fn found(stored: &Value) -> Vec<(String, Renderer, &Value)> {
    let special_tokens = stored["special_tokens"].to_string();
    let open = |one: &Value| match one["folder"].as_str() {
        Some(folder) => {
            (folder.to_owned(), Renderer::open(Path::new(folder), None).unwrap_or_else(|error| panic!("{error}")))
        }
        None => {
            let path = one["template"].as_str().expect("a path");
            let template = std::fs::read_to_string(path).expect("a template");
            let model = Folder::new(&tokenizer_with(300, &markers(&template)))
                .with("tokenizer_config.json", &special_tokens)
                .with("chat_template.jinja", &template);
            (path.to_owned(), model.open())
        }
    };
    let all = stored["found"].as_array().expect("models").iter();
    all.map(|one| (open(one), one)).map(|((name, renderer), one)| (name, renderer.at(then()), one)).collect()
}

fn stored() -> Option<Value> {
    let text = std::fs::read_to_string(std::env::var_os("TUNESMITH_MODELS")?).expect("the expected texts");
    Some(serde_json::from_str(&text).expect("JSON"))
}

#[test]
fn real_models_render_as_transformers_renders_them() {
    let Some(stored) = stored() else { return };
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for (name, renderer, one) in found(&stored) {
        for case in one["cases"].as_array().expect("cases") {
            let prompt = case["add_generation_prompt"] == true;
            let (messages, tools) = conversation(&stored, case["conversation"].as_str().expect("a name"));
            let text = renderer.render_with(&messages, &tools, prompt);
            compared += 1;
            let same = match (&text, case["text"].as_str()) {
                // A header that is no part of the generation prompt is written for the model.
                (Ok(ours), Some(theirs)) if prompt => ours.strip_prefix(theirs).is_some_and(|header| header.len() < 40),
                (Ok(ours), Some(theirs)) => {
                    let row = renderer.tokens(&Example::Chat { messages, tools }, LearnFrom::All).expect("tokens");
                    let ids: Option<Vec<u32>> = serde_json::from_value(case["ids"].clone()).expect("ids");
                    ours == theirs && ids.is_none_or(|ids| row.ids.starts_with(&ids))
                }
                (Err(RenderError::Refused(ours)), None) => case["refused"] == json!(ours),
                // Where Python stops over something that is not there, ours may go on, as Jinja's own rules do.
                (_, None) => ["NoneType", "undefined", "no attribute"]
                    .iter()
                    .any(|why| case["refused"].as_str().is_some_and(|words| words.contains(why))),
                (Err(_), Some(_)) => false,
            };
            if !same {
                wrong.push(format!(
                    "{name}, {}, prompt {prompt}\n  ours   {text:?}\n  theirs {case}",
                    case["conversation"]
                ));
            }
        }
    }
    println!("{compared} renderings compared");
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// In the templates of real models, too, the answers are learned with one token that ends each, and no more.
#[test]
fn real_models_have_masks_of_answers_only() {
    let Some(stored) = stored() else { return };
    let mut wrong = Vec::new();
    for (name, renderer, _) in found(&stored) {
        let turns =
            [("user", "What is a leek?"), ("assistant", "A vegetable."), ("user", "Again?"), ("assistant", "été 😀")];
        for count in [2, 4] {
            let example = Example::chat(say(&turns[..count]));
            let Ok(tokens) = renderer.tokens(&example, LearnFrom::Assistant) else { continue };
            let learned = tokens.ids.iter().zip(&tokens.learn).filter(|(_, learn)| **learn).map(|(id, _)| *id);
            let learned: Vec<u32> = learned.collect();
            let text = renderer.decode(&learned).expect("a text");
            let ends = learned.iter().filter(|id| renderer.end_tokens().contains(id)).count();
            let answers: String = turns[..count].iter().skip(1).step_by(2).map(|turn| turn.1).collect();
            // Some models have to write a word of their own before each answer, such as the channel it goes to.
            let rest = turns[..count].iter().fold(text.clone(), |rest, turn| rest.replacen(turn.1, "", 1));
            let whole = text.len() - rest.len() == answers.len();
            if !whole || rest.len() > 6 * count || ends == 0 {
                wrong.push(format!("{name}: {count} turns, {text:?}, {ends} ends"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What looks like a special token in a template.
fn markers(template: &str) -> Vec<String> {
    let mut markers: Vec<String> = template
        .match_indices('<')
        .filter_map(|(at, _)| Some(&template[at..=at + template[at..].find('>')?]))
        .filter(|marker| marker.len() > 2 && !marker.contains(|c: char| c.is_whitespace() || "'\"{}".contains(c)))
        .map(str::to_owned)
        .collect();
    markers.push("[/INST]".into());
    markers
}
