//! The `tojson` filter as `transformers` defines it: Python's `json.dumps` without escaping for HTML.

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, Value};
use tunesmith_sentence::say;

use super::errors::wrong;
use super::python::{float, float_text};

const DEEPEST: usize = 64;

/// `value | tojson(indent=none, ensure_ascii=false, sort_keys=false, separators=none)`.
pub(super) fn tojson(value: &Value, indent: Option<Value>, options: Kwargs) -> Result<String, Error> {
    let option = |name: &str| options.get::<Option<Value>>(name);
    let indent = match indent {
        Some(indent) => Some(indent),
        None => option("indent")?,
    };
    let indent = match indent.filter(|indent| !indent.is_none()) {
        Some(width) => {
            let no_width = || wrong(say!("template-tojson-indent", "tojson: indent is not a width"));
            Some(width.as_usize().filter(|width| *width <= 64).ok_or_else(no_width)?)
        }
        None => None,
    };
    let separators = match option("separators")?.filter(|pair| !pair.is_none()) {
        Some(pair) => (pair.get_item_by_index(0)?.to_string(), pair.get_item_by_index(1)?.to_string()),
        None => (if indent.is_some() { "," } else { ", " }.to_owned(), ": ".to_owned()),
    };
    let flag = |name: &str| option(name).map(|flag| flag.is_some_and(|flag| flag.is_true()));
    let mut writer =
        Writer { out: String::new(), indent, separators, ascii: flag("ensure_ascii")?, sort: flag("sort_keys")? };
    options.assert_all_used()?;
    writer.value(value, 0)?;
    Ok(writer.out)
}

struct Writer {
    out: String,
    indent: Option<usize>,
    separators: (String, String),
    ascii: bool,
    sort: bool,
}

impl Writer {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if depth > DEEPEST {
            return Err(wrong(say!("template-tojson-deep", "tojson: the value is nested too deeply")));
        }
        match value.kind() {
            ValueKind::None => self.out += "null",
            ValueKind::Bool => self.out += if value.is_true() { "true" } else { "false" },
            ValueKind::Number => self.number(value),
            ValueKind::String => self.text(value.as_str().unwrap_or_default()),
            ValueKind::Seq | ValueKind::Iterable => {
                let items: Vec<Value> = value.try_iter()?.collect();
                self.list('[', ']', items, depth, |writer, item| writer.value(item, depth + 1))?;
            }
            ValueKind::Map => {
                let mut keys: Vec<Value> = value.try_iter()?.collect();
                if self.sort {
                    keys.sort();
                }
                self.list('{', '}', keys, depth, |writer, key| {
                    writer.text(&key.to_string());
                    writer.out += &writer.separators.1.clone();
                    writer.value(&value.get_item(key)?, depth + 1)
                })?;
            }
            _ => return Err(wrong(say!("template-tojson-value", "tojson: a value cannot be written as JSON"))),
        }
        Ok(())
    }

    fn number(&mut self, value: &Value) {
        match float(value) {
            None => self.out += &value.to_string(),
            Some(number) if number.is_nan() => self.out += "NaN",
            Some(f64::INFINITY) => self.out += "Infinity",
            Some(f64::NEG_INFINITY) => self.out += "-Infinity",
            Some(number) => self.out += &float_text(number),
        }
    }

    fn list(
        &mut self,
        open: char,
        close: char,
        items: Vec<Value>,
        depth: usize,
        mut write: impl FnMut(&mut Self, &Value) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.out.push(open);
        for (number, item) in items.iter().enumerate() {
            if number > 0 {
                self.out += &self.separators.0.clone();
            }
            self.new_line(depth + 1);
            write(self, item)?;
        }
        if !items.is_empty() {
            self.new_line(depth);
        }
        self.out.push(close);
        Ok(())
    }

    fn new_line(&mut self, depth: usize) {
        if let Some(width) = self.indent {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(' ', width * depth));
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for character in text.chars() {
            match character {
                '"' => self.out += "\\\"",
                '\\' => self.out += "\\\\",
                '\n' => self.out += "\\n",
                '\r' => self.out += "\\r",
                '\t' => self.out += "\\t",
                '\u{8}' => self.out += "\\b",
                '\u{c}' => self.out += "\\f",
                control if control < ' ' => self.escape(control),
                other if self.ascii && !other.is_ascii() => self.escape(other),
                other => self.out.push(other),
            }
        }
        self.out.push('"');
    }

    fn escape(&mut self, character: char) {
        for unit in character.encode_utf16(&mut [0; 2]) {
            self.out += &format!("\\u{unit:04x}");
        }
    }
}
