//! Stateful fakes, builders, fixed clock and ids, contract suites; for tests only.
