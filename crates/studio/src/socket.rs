//! The socket of a home.
use serde_json::Value;
use tunesmith_protocol::{Subscription, Topic, Wire, WireError};

/// Calls the owner of a home through its socket.
pub struct SocketWire {}

impl Wire for SocketWire {
    fn call(&self, _name: &str, _args: Value) -> Result<Value, WireError> {
        Err(WireError::internal("not yet"))
    }

    fn subscribe(&self, _topic: Topic, _after_seq: u64) -> Result<Subscription, WireError> {
        Err(WireError::internal("not yet"))
    }
}
