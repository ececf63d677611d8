//! What a generated shape expands to.
//!
//! The generated files read as plain structures with the name on the wire beside each field; these macros turn one into
//! the structure and the code that reads and writes it. They hold no decisions.

/// A structure of answers: it can be written.
macro_rules! output_structure {
    ($(#[$meta:meta])* pub struct $name:ident { $(pub $field:ident: $type:ty = $wire:literal,)* }) => {
        $(#[$meta])*
        pub struct $name {
            $(#[doc = concat!("`", $wire, "`.")] pub $field: $type,)*
        }

        impl $crate::value::Value for $name {
            fn write(&self, sink: &mut dyn $crate::sink::Sink) {
                sink.begin_structure();
                $(
                    if !$crate::value::Value::is_absent(&self.$field) {
                        sink.begin_member($wire);
                        $crate::value::Value::write(&self.$field, sink);
                        sink.end_member($wire);
                    }
                )*
                sink.end_structure();
            }
        }
    };
}

/// A structure of requests: it can be written and read, and has descriptors.
macro_rules! input_structure {
    (
        $(#[$meta:meta])*
        pub struct $name:ident { $(pub $field:ident: $type:ty = $wire:literal: $need:ident $shape:ident,)* }
    ) => {
        output_structure! {
            $(#[$meta])*
            pub struct $name { $(pub $field: $type = $wire,)* }
        }

        impl $crate::value::Decode for $name {
            #[allow(unused_variables, reason = "a structure may have no members")]
            fn decode(field: $crate::field::Field<'_>) -> Result<Self, $crate::call::DecodeError> {
                Ok(Self { $($field: $crate::value::member(field, $wire)?,)* })
            }
        }

        impl $name {
            pub(crate) fn members() -> &'static [$crate::schema::Member] {
                static MEMBERS: &[$crate::schema::Member] = &[
                    $($crate::schema::Member {
                        name: $wire,
                        required: needed!($need),
                        shape: &super::shapes::$shape,
                    },)*
                ];
                MEMBERS
            }
        }
    };
}

/// The input of an operation, with the facts of the operation.
macro_rules! call {
    (
        $(#[$meta:meta])*
        pub struct $name:ident -> $output:ident {
            $(pub $field:ident: $type:ty = $wire:literal: $need:ident $shape:ident,)*
        }
        errors: [$($error:ident),*],
        anonymous: $anonymous:literal,
        paginated: $paginated:literal,
    ) => {
        input_structure! {
            $(#[$meta])*
            pub struct $name { $(pub $field: $type = $wire: $need $shape,)* }
        }

        impl $crate::call::Call for $name {
            const OPERATION: $crate::generated::operation::Operation =
                $crate::generated::operation::Operation::$name;
            type Output = $output;
        }

        impl $name {
            pub(crate) fn facts() -> &'static $crate::operation::OperationFacts {
                static FACTS: $crate::operation::OperationFacts = $crate::operation::OperationFacts {
                    name: stringify!($name),
                    service: super::SERVICE,
                    members: $name::members,
                    errors: &[$($crate::generated::error_shape::ErrorShape::$error),*],
                    anonymous: $anonymous,
                    paginated: $paginated,
                };
                &FACTS
            }
        }
    };
}

/// `required` and `optional` as truth values.
macro_rules! needed {
    (required) => {
        true
    };
    (optional) => {
        false
    };
}

/// The answer of an operation.
macro_rules! output {
    ($(#[$meta:meta])* pub struct $name:ident { $($members:tt)* }) => {
        output_structure! {
            $(#[$meta])*
            pub struct $name { $($members)* }
        }

        impl $crate::value::Output for $name {
            const HAS_RESULT: bool = true;
        }
    };
}

/// A string that has only certain values.
macro_rules! enumeration {
    ($(#[$meta:meta])* pub enum $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        pub enum $name {
            $(#[doc = concat!("`", $text, "`.")] $variant,)*
        }

        impl $name {
            /// Every value, in the model's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The text of every value, in the model's order.
            pub const TEXTS: &'static [&'static str] = &[$($text,)*];

            /// The text on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The value that has this text, which is case-sensitive.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl $crate::value::Value for $name {
            fn write(&self, sink: &mut dyn $crate::sink::Sink) {
                sink.string(self.as_str());
            }
        }

        impl $crate::value::Decode for $name {
            fn decode(field: $crate::field::Field<'_>) -> Result<Self, $crate::call::DecodeError> {
                Self::from_text(field.scalar()?).ok_or_else(|| field.unexpected())
            }
        }
    };
}
