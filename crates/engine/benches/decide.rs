//! How long decisions take. `cargo bench -p keyward-engine`; prints the best of several rounds, as the least disturbed.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark may stop at what cannot happen"
)]

use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

use keyward_engine::{
    AttachedPolicy, CompiledPolicy, Decision, Layers, PolicyLists, Request, decide, explain,
};
use keyward_policy::Policy;

use question::{attach, context, document, policies};

#[path = "shared/question.rs"]
#[expect(clippy::indexing_slicing, reason = "a bench reads its own tables")]
mod question;

/// Rounds of which the best counts: many and short, so that some are not disturbed by what else the machine does.
const ROUNDS: u32 = 400;

/// Nanoseconds that one run takes. Passes over what the command line does not name.
#[inline(never)]
fn measure<T>(name: &str, runs: u32, mut run: impl FnMut() -> T) -> f64 {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut wanted = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .peekable();
    if wanted.peek().is_some() && !wanted.any(|wanted| name.trim() == wanted) {
        return f64::NAN;
    }
    // Under a profiler, which counts instructions, one short round is enough.
    let (rounds, runs) = if arguments.iter().any(|argument| argument == "--once") {
        (1, runs.min(1_000))
    } else {
        (ROUNDS, runs)
    };
    let mut best = f64::INFINITY;
    for _ in 0..rounds {
        let start = Instant::now();
        for _ in 0..runs {
            black_box(run());
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(runs));
    }
    println!("{name:<60} {best:>12.1} ns");
    best
}

/// One action, many resources.
fn by_resource(count: usize) -> Vec<AttachedPolicy> {
    (0..count.div_ceil(100))
        .map(|policy| {
            let statements: Vec<_> = (0..100.min(count))
                .map(|statement| {
                    format!(r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket-{policy}-{statement}/*"}}"#)
                })
                .collect();
            attach(&document(&statements))
        })
        .collect()
}

fn main() {
    let context = context();
    let request = question::request(&context);

    println!("context of 14 keys");
    measure("  built from borrowed texts", 500, question::context);

    println!("one principal, all statements in identity policies");
    let mut times = Vec::new();
    for (count, statements) in [(1, 10), (10, 10), (10, 100), (100, 100)] {
        let policies = policies(count, statements);
        let layers = Layers {
            identity: PolicyLists::from(policies.as_slice()),
            ..Layers::default()
        };
        assert!(matches!(decide(&request, &layers), Decision::Allow(_)));
        let name = format!("  {count} policies of {statements} statements");
        times.push(measure(&name, 500, || {
            decide(black_box(&request), black_box(&layers))
        }));
    }
    if let [_, hundred, _, ten_thousand] = times.as_slice() {
        println!(
            "  10,000 statements against 100: {:.2} times",
            ten_thousand / hundred
        );
    }

    println!("all layers");
    let own = policies(10, 10);
    let everything = [attach(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
    )];
    let anyone = [attach(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#,
    )];
    let levels = || {
        [everything.as_slice(), &everything, &everything]
            .into_iter()
            .collect()
    };
    let layers = Layers {
        resource_control: Some([anyone.as_slice(), &anyone].into_iter().collect()),
        service_control: Some(levels()),
        boundary: Some(&everything),
        resource: &anyone,
        identity: PolicyLists::from(own.as_slice()),
        ..Layers::default()
    };
    measure(
        "  10 policies of 10, SCPs, RCPs, boundary, resource policy",
        500,
        || decide(black_box(&request), black_box(&layers)),
    );
    measure("  the same explained", 5, || {
        explain(black_box(&request), black_box(&layers))
    });

    println!("one action on many resources, of which one fits");
    for count in [100, 1_000, 10_000] {
        let policies = by_resource(count);
        let resource = format!("arn:aws:s3:::bucket-{}-50/x", count / 200);
        let request = Request {
            resource: &resource,
            ..request
        };
        let layers = Layers {
            identity: PolicyLists::from(policies.as_slice()),
            ..Layers::default()
        };
        assert!(matches!(decide(&request, &layers), Decision::Allow(_)));
        measure(&format!("  {count} statements"), 500, || {
            decide(black_box(&request), black_box(&layers))
        });
    }

    println!("hostile pattern *a*a*a*b against 2 kB");
    let long = format!("arn:aws:s3:::{}", "a".repeat(2_000));
    let hostile = [attach(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::*a*a*a*b"}}"#,
    )];
    let layers = Layers {
        identity: PolicyLists::from(hostile.as_slice()),
        ..Layers::default()
    };
    let request = Request {
        resource: &long,
        ..request
    };
    measure("  decision", 20, || {
        decide(black_box(&request), black_box(&layers))
    });

    println!("compiling 131,072 bytes");
    let mut text = r#"{"Version":"2012-10-17","Statement":["#.to_owned();
    let mut index = 0;
    while text.len() < 131_072 - 100 {
        let comma = if index == 0 { "" } else { "," };
        write!(text, r#"{comma}{{"Effect":"Allow","Action":"s3:Get{index}","Resource":"arn:aws:s3:::b{index}/*"}}"#).unwrap();
        index += 1;
    }
    text += "]}";
    let parsed = Policy::parse(&text).unwrap();
    measure("  parse", 1, || Policy::parse(black_box(&text)));
    measure("  compile", 1, || {
        CompiledPolicy::compile(black_box(&parsed))
    });
    println!(
        "  {:.2} times the document's bytes",
        CompiledPolicy::compile(&parsed).size() as f64 / text.len() as f64
    );
}
