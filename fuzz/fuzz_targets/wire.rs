//! Parameters of the Query protocol, and calls decoded from them.

#![no_main]

use keyward_wire::{Parameters, Service, decode, iam, sts};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &[u8])| {
    let (query, body) = input;
    let Ok(parameters) = Parameters::parse(Some(query), body) else {
        return;
    };
    let _ = (
        parameters.operation(None),
        parameters.operation(Some(Service::Iam)),
    );
    let _ = decode::<iam::CreateUser>(&parameters);
    let _ = decode::<iam::CreatePolicy>(&parameters);
    let _ = decode::<iam::SimulateCustomPolicy>(&parameters);
    let _ = decode::<sts::AssumeRole>(&parameters);
});
