//! What the engine decides, case by case. Most are tables, a case a line, which formatting would tear apart.

#[rustfmt::skip]
mod conditions;
#[rustfmt::skip]
mod layers;
#[rustfmt::skip]
mod matching;
#[rustfmt::skip]
mod principals;
#[rustfmt::skip]
mod properties;
#[rustfmt::skip]
mod size;
#[rustfmt::skip]
mod trace;
#[rustfmt::skip]
mod variables;
#[rustfmt::skip]
mod worked;
pub(crate) mod world;
