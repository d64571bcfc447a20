//! Parses lists as Python and numpy print them (`[{'role': 'user', …}]`): tables written by pandas hold them so.

use serde_json::{Map, Value};

const DEEPEST: usize = 32;

/// Reads a Python literal of strings, numbers, lists, tuples and dicts; none if it is anything else.
pub(crate) fn parse(text: &str) -> Option<Value> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    reader.space();
    (reader.at == text.len()).then_some(value)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes `token` if it is next.
    fn take(&mut self, token: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        self.space();
        match self.rest().chars().next()? {
            '[' => self.items(depth, "[", "]").map(Value::Array),
            '(' => self.items(depth, "(", ")").map(Value::Array),
            '{' => self.pairs(depth),
            '\'' | '"' => self.string().map(Value::String),
            'a' => self.array(depth),
            _ => self.word(),
        }
    }

    fn items(&mut self, depth: usize, open: &str, close: &str) -> Option<Vec<Value>> {
        self.take(open);
        let mut items = Vec::new();
        while !self.take(close) {
            items.push(self.value(depth + 1)?);
            // numpy puts nothing but a line end between objects.
            let next = |reader: &Self| items.last().is_some_and(Value::is_object) && reader.rest().starts_with('{');
            if !self.take(",") && !next(self) {
                return self.take(close).then_some(items);
            }
        }
        Some(items)
    }

    /// `array([…], dtype=object)`, as numpy prints a list within another value.
    fn array(&mut self, depth: usize) -> Option<Value> {
        let value = if self.take("array(") { self.value(depth + 1)? } else { return None };
        if self.take(",") && !self.take("dtype=object") {
            return None;
        }
        self.take(")").then_some(value)
    }

    fn pairs(&mut self, depth: usize) -> Option<Value> {
        self.take("{");
        let mut pairs = Map::new();
        while !self.take("}") {
            self.space();
            let key = self.string()?;
            if !self.take(":") {
                return None;
            }
            pairs.insert(key, self.value(depth + 1)?);
            if !self.take(",") {
                return self.take("}").then_some(Value::Object(pairs));
            }
        }
        Some(Value::Object(pairs))
    }

    fn string(&mut self) -> Option<String> {
        let mut characters = self.rest().char_indices();
        let (_, quote) = characters.next().filter(|(_, first)| matches!(first, '\'' | '"'))?;
        let mut text = String::new();
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => match characters.next()?.1 {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    'a' => text.push('\x07'),
                    'b' => text.push('\x08'),
                    'f' => text.push('\x0c'),
                    'v' => text.push('\x0b'),
                    'x' => text.push(code(&mut characters, 2)?),
                    'u' => text.push(code(&mut characters, 4)?),
                    'U' => text.push(code(&mut characters, 8)?),
                    '\n' => {}
                    same @ ('\\' | '\'' | '"') => text.push(same),
                    // Python can read these but does not print them: better no row than another text.
                    '0'..='7' | 'N' => return None,
                    other => text.extend(['\\', other]),
                },
                end if end == quote => {
                    self.at += at + 1;
                    return Some(text);
                }
                other => text.push(other),
            }
        }
        None
    }

    fn word(&mut self) -> Option<Value> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"+-._".contains(c)).unwrap_or(rest.len());
        let value = match &rest[..end] {
            "None" => Value::Null,
            "True" => Value::Bool(true),
            "False" => Value::Bool(false),
            number => Value::Number(number.parse().ok()?),
        };
        self.at += end;
        Some(value)
    }
}

fn code(characters: &mut std::str::CharIndices, digits: usize) -> Option<char> {
    let mut number = 0;
    for _ in 0..digits {
        number = number * 16 + characters.next()?.1.to_digit(16)?;
    }
    char::from_u32(number)
}
