import fc from "fast-check";

/** One seed for every property test: a run that fails here fails everywhere. `HEADEND_TEST_SEED=random` looks further afield. */
const wanted = process.env.HEADEND_TEST_SEED ?? "20261121";
if (wanted !== "random") fc.configureGlobal({ seed: Number(wanted) });
// What was measured on this machine must not decide what tests see.
process.env["HEADEND_CONFIG"] = "/nonexistent/headend";
