//! Writes the TypeScript that the screen is checked against: `UPDATE=1 cargo nextest run -p tunesmith-protocol`.

use std::collections::BTreeMap;

use ts_rs::{Config, TS, TypeVisitor};

/// The declarations of types and of everything they mention.
pub(crate) struct Types {
    config: Config,
    declarations: BTreeMap<String, String>,
}

impl Default for Types {
    fn default() -> Self {
        Self { config: Config::default().with_large_int("number"), declarations: BTreeMap::new() }
    }
}

impl Types {
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn add<T: TS + 'static + ?Sized>(&mut self) {
        self.visit::<T>();
    }

    pub(crate) fn declarations(&self) -> String {
        let mut text = String::from(
            "// Generated from crates/protocol; do not edit. UPDATE=1 cargo nextest run -p tunesmith-protocol\n\n",
        );
        for declaration in self.declarations.values() {
            text += &format!("export {declaration}\n");
        }
        text
    }
}

impl TypeVisitor for Types {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Only our own types have a file to live in; numbers, strings and lists do not.
        let known = T::output_path().is_none() || self.declarations.contains_key(&T::ident(&self.config));
        if !known {
            self.declarations.insert(T::ident(&self.config), T::decl(&self.config));
        }
        if !known || T::output_path().is_none() {
            T::visit_dependencies(self);
            T::visit_generics(self);
        }
    }
}
