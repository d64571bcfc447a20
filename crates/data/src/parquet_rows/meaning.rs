//! What a column means beyond how it is stored: the type that Arrow's writers note, and the feature that Hugging Face's
//! datasets note, such as the names of classes.

use arrow_schema::{DataType, Schema};
use serde_json::Value;

/// The features of a file's columns, by their names.
#[derive(Default)]
pub(super) struct Features(Value);

impl Features {
    /// Those in the metadata of a schema; none where it has none.
    pub(super) fn of(schema: &Schema) -> Self {
        let noted = schema.metadata().get("huggingface").and_then(|text| serde_json::from_str::<Value>(text).ok());
        Self(noted.map_or(Value::Null, |noted| noted["info"]["features"].clone()))
    }

    pub(super) fn column(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

/// What a cell means.
#[derive(Clone, Copy, Default)]
pub(super) struct Meaning<'a> {
    pub noted_type: Option<&'a DataType>,
    pub feature: Option<&'a Value>,
}

impl<'a> Meaning<'a> {
    /// Of the elements of a list.
    pub(super) fn of_items(self) -> Self {
        let noted_type = match self.noted_type {
            Some(DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _)) => {
                Some(field.data_type())
            }
            _ => None,
        };
        // Older versions write a list of one feature.
        let feature = self.feature.and_then(|feature| feature.get("feature").or_else(|| feature.get(0)));
        Self { noted_type, feature }
    }

    /// Of a field of an object.
    pub(super) fn of_field(self, name: &str) -> Self {
        let noted_type = match self.noted_type {
            Some(DataType::Struct(fields)) => fields.find(name).map(|(_, field)| field.data_type()),
            _ => None,
        };
        Self { noted_type, feature: self.feature.and_then(|feature| feature.get(name)) }
    }

    /// Of the elements of each list in an object that is stored as lists, although it is a list of objects.
    pub(super) fn of_objects(self) -> Option<Self> {
        let feature = self.feature.filter(|feature| feature["_type"] == "Sequence")?;
        let inside = feature.get("feature").filter(|inside| inside.is_object() && !inside["_type"].is_string())?;
        Some(Self { feature: Some(inside), ..self })
    }

    /// The name of a class.
    pub(super) fn label(self, class: i64) -> Option<&'a str> {
        let feature = self.feature.filter(|feature| feature["_type"] == "ClassLabel")?;
        feature["names"].get(usize::try_from(class).ok()?)?.as_str()
    }
}
