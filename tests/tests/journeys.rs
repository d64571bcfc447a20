//! Journeys through the whole product.
