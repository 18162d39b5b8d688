//! Support for the tests that span crates: generators and the corpus.
