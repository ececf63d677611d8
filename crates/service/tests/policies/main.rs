//! Managed policies: what each operation answers, what it refuses and in which words, who may call it, and what a policy
//! in use decides.

mod attached;
mod boundaries;
mod grants;
mod kinds;
mod lists;
mod managed;
mod races;
mod support;
mod versions;
