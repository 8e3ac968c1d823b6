//! Structs from JSON objects alone.

use serde::{
    de::{Deserializer, Visitor},
    forward_to_deserialize_any,
};

/// A deserializer for structs that are objects. Those that serde derives would also take a list of their fields' values:
/// a document that other readers refuse, or understand otherwise.
pub(super) struct ObjectOnly<D>(pub(super) D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ObjectOnly<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use crate::oci::Descriptor;

    #[test]
    fn a_descriptor_is_an_object_and_no_list() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let object = serde_json::json!({"mediaType": "a/b", "digest": digest, "size": 1});
        let descriptor: Descriptor = serde_json::from_value(object.clone()).unwrap();
        assert_eq!(serde_json::to_value(&descriptor).unwrap(), object);
        let list = serde_json::json!(["a/b", digest, 1]);
        assert!(serde_json::from_value::<Descriptor>(list).is_err());
    }
}
