//! For any template and any tokenizer: every character of an answer is learned, the token that ends its turn is, and
//! nothing else is. What is learned is written in letters that nothing else has, so that this can be told from the
//! text alone.

use proptest::prelude::*;
use serde_json::{Value, json};
use tokenizers::Tokenizer;
use tunesmith_data::{Example, HiddenPart, Message, RenderError, Rendered, Renderer};
use tunesmith_protocol::LearnFrom;

use crate::support::{Folder, folder, say, template};
use crate::token_ids::stored;

/// Templates, and what they make a model write behind each answer.
const TEMPLATES: [(&str, &str); 13] = [
    ("alpaca", ""),
    ("chatml", "<|im_end|>"),
    ("dated", "<|eot_id|>"),
    ("gemma", "<end_of_turn>"),
    ("headers", "</s>"),
    ("inst", "</s>"),
    ("llama3", "<|eot_id|>"),
    ("merging", "<end_of_turn>"),
    ("reasoner", "</s>"),
    ("signatures", "<|eot_id|>"),
    ("thinking", "<|im_end|>"),
    ("toolbox", "<|im_end|>"),
    ("zephyr", "</s>"),
];

pub struct Pair {
    pub template: &'static str,
    end: &'static str,
    pub renderer: Renderer,
    /// The same rules of text and tokens, for their places in the text.
    places: Tokenizer,
}

thread_local! {
    pub static PAIRS: Vec<Pair> = {
        let stored = stored();
        let kinds = stored.as_object().expect("kinds").values();
        kinds.flat_map(|kind| TEMPLATES.map(|(template, end)| pair(kind, template, end))).collect()
    };
}

fn pair(kind: &Value, name: &'static str, end: &'static str) -> Pair {
    let json = &kind["tokenizer"];
    // The folder of the template with its special tokens, and another tokenizer in it.
    let renderer = folder(name, 256).with("tokenizer.json", &json.to_string()).open();
    let whole = json.to_string().replace("\"trim_offsets\":true", "\"trim_offsets\":false");
    let places = Tokenizer::from_bytes(whole).expect("a tokenizer");
    Pair { template: name, end, renderer, places }
}

fn is_answers(character: char) -> bool {
    matches!(character, 'ά'..='ώ' | '\u{1F600}'..='\u{1F64F}')
}

fn is_others(character: char) -> bool {
    matches!(character, 'а'..='я' | '漢' | '字')
}

fn words(letters: &'static [&'static str]) -> impl Strategy<Value = String> {
    let spaces = prop::sample::select(&["", "", " ", "  ", "\n", "\n\n", "\t "][..]);
    let word = (prop::sample::select(letters), prop::sample::select(&[" ", " ", "", "\n", "  ", ".\n\n", "- "][..]));
    let words = prop::collection::vec(word, 1..8);
    let repeated = prop_oneof![9 => Just(1usize), 1 => Just(60)];
    (spaces.clone(), words, repeated, spaces).prop_map(|(before, words, times, after)| {
        let text: String = words.iter().map(|(word, space)| format!("{word}{space}")).collect();
        format!("{before}{}{after}", text.repeat(times))
    })
}

const ANSWERS: &[&str] = &["α", "λόγος", "ναί", "😀", "😀😁", "ω", "ευ\u{301}"];
const OTHERS: &[&str] = &["да", "漢字", "вопрос", "я", "user", "assistant", "[INST]", "model", "{{ x }}", "<b>"];

#[derive(Debug, Clone)]
struct Turn {
    question: String,
    /// The answer, whether it is learned, and what is thought before it.
    answer: String,
    learned: bool,
    thought: bool,
}

fn turn() -> impl Strategy<Value = Turn> {
    let others = || words(OTHERS).prop_map(|text| format!("д{text}"));
    (others(), words(ANSWERS), others(), prop::bool::weighted(0.7), prop::bool::weighted(0.3)).prop_map(
        |(question, answer, unlearned, learned, thought)| {
            let answer = if learned { answer } else { unlearned };
            Turn { question, answer, learned, thought }
        },
    )
}

/// The conversation, and what is learned beside the answers' own letters and white space.
fn conversation(pair: &Pair, system: Option<&String>, turns: &[Turn]) -> (Vec<Message>, String) {
    let mut messages: Vec<Message> = system.map(|system| Message::new("system", system)).into_iter().collect();
    let mut beside = String::new();
    for (index, turn) in turns.iter().enumerate() {
        let last = index + 1 == turns.len();
        messages.push(Message::new("user", &turn.question));
        let thought = if !turn.thought {
            ""
        } else if turn.learned {
            "<think>\nσκέψη\n</think>\n\n"
        } else {
            "<think>\nдума\n</think>\n\n"
        };
        let mut answer = Message::new("assistant", format!("{thought}{}", turn.answer));
        if !turn.learned {
            answer.weight = Some(0.0);
        }
        messages.push(answer);
        if turn.learned {
            beside += match pair.template {
                "thinking" if last => "<think></think>",
                "thinking" | "reasoner" => "",
                "signatures" if turn.thought => "final:<think></think>",
                "signatures" => "final:",
                _ if turn.thought => "<think></think>",
                _ => "",
            };
            beside += pair.end;
        }
    }
    (messages, beside)
}

/// Checks one conversation with one template and one tokenizer.
fn check(pair: &Pair, messages: &[Message], beside: &str, learn_from: LearnFrom) {
    let text = pair.renderer.render(messages, false).expect("a text");
    let tokens = pair.renderer.tokens(&Example::chat(messages.to_vec()), learn_from).expect("tokens");
    let places = pair.places.encode(text.as_str(), false).expect("places");
    let context = || format!("{}: {text:?} {:?}", pair.template, places.get_tokens());
    assert_eq!(&tokens.ids[..places.len()], places.get_ids(), "{}", context());
    let mut learned = vec![false; text.len()];
    for (index, (start, end)) in places.get_offsets().iter().copied().enumerate() {
        let here = &text[start..end];
        let answers = here.contains(is_answers);
        assert!(!tokens.learn[index] || !here.contains(is_others), "{here:?} is not the model's: {}", context());
        assert!(tokens.learn[index] || !answers || index == 0, "{here:?} is the model's: {}", context());
        if tokens.learn[index] {
            learned[start..end].fill(true);
        }
    }
    let rest: String = text
        .char_indices()
        .filter(|(at, character)| learned[*at] && !is_answers(*character) && !is_answered_with(*character))
        .map(|(_, character)| character)
        .collect();
    assert_eq!(rest, beside, "{}", context());
}

/// What answers are written with beside their letters.
fn is_answered_with(character: char) -> bool {
    character.is_whitespace() || matches!(character, '.' | '-' | '\u{301}')
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_are_learned_whatever_the_template_and_the_tokenizer(
        system in prop::option::of(prop_oneof![Just(String::new()), words(OTHERS)]),
        turns in prop::collection::vec(turn(), 1..5),
    ) {
        PAIRS.with(|pairs| for pair in pairs {
            // A template that refuses system messages is not asked.
            let system = system.as_ref().filter(|_| pair.template != "gemma");
            let (messages, beside) = conversation(pair, system, &turns);
            check(pair, &messages, &beside, LearnFrom::Assistant);
        });
    }

    #[test]
    fn only_the_last_answer_is_learned_whatever_the_template_and_the_tokenizer(
        mut turns in prop::collection::vec(turn(), 2..5), answer in words(ANSWERS),
    ) {
        let last = turns.len() - 1;
        turns[..last].iter_mut().for_each(|turn| (turn.answer, turn.learned) = ("да".into(), false));
        turns[last] = Turn { answer, learned: true, ..turns[last].clone() };
        PAIRS.with(|pairs| for pair in pairs {
            let (mut messages, beside) = conversation(pair, None, &turns);
            messages.iter_mut().for_each(|message| message.weight = None);
            check(pair, &messages, &beside, LearnFrom::Last);
        });
    }
}

#[test]
fn answers_that_share_a_turn_are_learned_each_by_itself() {
    PAIRS.with(|pairs| {
        for pair in pairs.iter().filter(|pair| pair.template == "merging") {
            let mut messages = say(&[("user", "да"), ("assistant", " α "), ("assistant", "λόγος"), ("user", "я")]);
            check(pair, &messages, "<end_of_turn>", LearnFrom::Assistant);
            messages[1] = Message { weight: Some(0.0), ..Message::new("assistant", "нет") };
            check(pair, &messages, "<end_of_turn>", LearnFrom::Assistant);
            messages[1] = Message::new("assistant", "α");
            messages[2] = Message { weight: Some(0.0), ..Message::new("assistant", "нет") };
            check(pair, &messages, "", LearnFrom::Assistant);
        }
    });
}

fn learned_text(renderer: &Renderer, example: &Example) -> Result<String, RenderError> {
    let tokens = renderer.tokens(example, LearnFrom::Assistant)?;
    let learned = tokens.ids.iter().zip(&tokens.learn).filter(|(_, learn)| **learn).map(|(id, _)| *id);
    renderer.decode(&learned.collect::<Vec<u32>>())
}

/// A tokenizer without special tokens shows in a text all that is learned.
fn plain_folder(template: &str) -> Renderer {
    let mut json = crate::support::tokenizer(256);
    for token in json["added_tokens"].as_array_mut().expect("tokens") {
        token["special"] = false.into();
    }
    Folder::new(&json)
        .with("tokenizer_config.json", r#"{"eos_token": "<|im_end|>"}"#)
        .with("chat_template.jinja", template)
        .open()
}

#[test]
fn a_call_is_learned_with_all_that_the_template_writes_around_it() {
    let calls = json!([{"type": "function", "function": {"name": "weather", "arguments": {"place": "Ulm", "days": [1]}}},
        {"type": "function", "function": {"name": "now", "arguments": {}}}]);
    let said = |content: &str, calls: &Value| Message {
        tool_calls: Some(calls.clone()),
        ..Message::new("assistant", content)
    };
    let messages = vec![
        Message::new("user", "weather now"),
        said("", &calls),
        Message::new("tool", "Sun"),
        Message::new("assistant", "It shines."),
        Message::new("user", "And now?"),
        said("I look.", &json!([calls[1]])),
        Message::new("tool", "Rain"),
    ];
    let tools = vec![json!({"type": "function", "function": {"name": "weather"}})];
    let example = Example::Chat { messages, tools };
    let learned = learned_text(&plain_folder(&template("toolbox")), &example).expect("a text");
    let first =
        "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"place\": \"Ulm\", \"days\": [1]}}\n</tool_call>\n";
    let now = "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call><|im_end|>";
    assert_eq!(learned, format!("{first}{now}It shines.<|im_end|>I look.\n{now}"));
}

#[test]
fn a_call_whose_end_is_no_known_token_ends_before_what_the_tool_says() {
    let source = "{% for m in messages %}<|im_start|>{{ m.role }}: {{ m.content }}\
        {% for c in m.tool_calls or [] %}{{ c.function.name }}({{ c.function.arguments | tojson }}){% endfor %}\
        {{ '<call_over>' if m.tool_calls else '<|im_end|>' }}{% endfor %}";
    let calls = json!([{"type": "function", "function": {"name": "weather", "arguments": {"place": "Ulm"}}}]);
    let mut messages = vec![
        Message::new("user", "Sun?"),
        Message { tool_calls: Some(calls), ..Message::new("assistant", "") },
        Message::new("tool", "Rain"),
        Message::new("assistant", "No."),
    ];
    let learned = learned_text(&plain_folder(source), &Example::chat(messages.clone())).expect("a text");
    assert_eq!(learned, " weather({\"place\": \"Ulm\"})<call_over> No.<|im_end|>");
    // Nor where the tool says nothing.
    messages[2].content.clear();
    let learned = learned_text(&plain_folder(source), &Example::chat(messages)).expect("a text");
    assert_eq!(learned, " weather({\"place\": \"Ulm\"})<call_over> No.<|im_end|>");
}

#[test]
fn an_answer_without_a_place_of_its_own_is_refused_and_never_guessed() {
    let turns = say(&[("user", "a x b"), ("assistant", "x marks")]);
    let unclear = [
        "{% for m in messages %}{{ m.content }};{% endfor %}{{ messages[-1].content }}",
        "{{ messages[1].content | replace('x', messages[0].content) }}",
        "{{ messages[0].content }}{{ messages[1].content | length }}",
        &template("python_ways"),
    ];
    for source in unclear {
        let error = learned_text(&plain_folder(source), &Example::chat(turns.clone())).expect_err(source);
        assert!(matches!(error, RenderError::Unclear(_)), "{source}: {error}");
        assert!(error.to_string().contains("message 2"), "{error}");
    }
    // Where all is learned alike, no place is needed.
    let all = plain_folder(unclear[0]).tokens(&Example::chat(turns), LearnFrom::All).expect("tokens");
    assert!(all.learn[1..].iter().all(|learn| *learn));
}

#[test]
fn calls_that_a_template_does_not_show_are_counted() {
    let calls = |count: usize| {
        let call = json!({"type": "function", "function": {"name": "weather", "arguments": {"place": "Ulm"}}});
        Some(vec![call; count].into())
    };
    let messages = vec![
        Message::new("user", "Sun?"),
        Message { tool_calls: calls(2), ..Message::new("assistant", "I look.") },
        Message::new("tool", "Rain"),
        Message { tool_calls: calls(1), ..Message::new("assistant", "") },
        Message { tool_calls: calls(1), weight: Some(0.0), ..Message::new("assistant", "Again.") },
    ];
    let example = Example::chat(messages);
    let hidden_calls = |row: &Rendered| row.hidden.get(&HiddenPart::Call).copied().unwrap_or_default();
    let turn = "<|im_start|>{{ m.role }}\n{{ m.content }}";
    let whole = "{% for c in m.tool_calls or [] %}{{ c.function.name }}{{ c.function.arguments | tojson }}{% endfor %}";
    let first =
        "{% if m.tool_calls %}{{ m.tool_calls[0].function.name }}{{ m.tool_calls[0].function.arguments }}{% endif %}";
    for (shown, hidden, learned) in [("", 3, vec![1]), (first, 1, vec![1, 3]), (whole, 0, vec![1, 3])] {
        let renderer = plain_folder(&format!("{{% for m in messages %}}{turn}{shown}<|im_end|>{{% endfor %}}"));
        let row = renderer.row(&example, LearnFrom::Assistant).expect("a row");
        assert_eq!((hidden_calls(&row), row.learned_messages), (hidden, learned), "{shown}");
        let all = renderer.row(&example, LearnFrom::All).expect("a row");
        assert_eq!((hidden_calls(&all), all.learned_messages), (hidden, vec![0, 1, 2, 3]), "{shown}");
    }
}
