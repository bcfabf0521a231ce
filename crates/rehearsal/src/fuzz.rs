//! A fuzzer's input as a run.

use rehearsal_engine::{BytesChooser, Outcome};
use rehearsal_explore::run_chosen;

use crate::failure::Failure;
use crate::scenario::Scenario;

impl Scenario {
    /// Makes the run that these bytes say, and checks it as any run of [`explore`](Self::explore) is checked. Any bytes are a
    /// run, none are the calm one, and a shorter input is a calmer run.
    ///
    /// It is there for fuzzers that watch which code an input reaches, and change those inputs that reach something new. With
    /// `cargo fuzz` a target of the workflow of a crate `shop` is:
    ///
    /// ```text
    /// #![no_main]
    /// libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    ///     shop::scenario().fuzz(bytes);
    /// });
    /// ```
    ///
    /// Bytes are read in pairs: how many questions are answered calmly, and with what the next one is. A question is
    /// whatever can go more than one way: the order of what is due, cancels, faults. At most two cancels, two deaths of
    /// workers in workflow tasks and two other faults strike in one run.
    ///
    /// The report of a failure has the tape of the run; an input that fails is in the folder of the fuzzer. Nothing is
    /// shrunk, since fuzzers do that (`cargo fuzz tmin`).
    ///
    /// # Panics
    ///
    /// Panics with the report if anything is found, as fuzzers want it. [`try_fuzz`](Self::try_fuzz) returns an error
    /// instead.
    ///
    /// # Examples
    ///
    /// ```
    /// use rehearsal::{secs, Context, Scenario, Status, Workflow, WorkflowError};
    ///
    /// const NAP: Workflow<(), ()> = Workflow::new("Nap");
    ///
    /// async fn nap(ctx: Context, (): ()) -> Result<(), WorkflowError> {
    ///     ctx.sleep(secs(60)).await
    /// }
    ///
    /// let scenario = Scenario::new("nap")
    ///     .workflow(NAP, nap)
    ///     .client(|world| {
    ///         world.start(NAP, "nap-1", ());
    ///     });
    /// assert_eq!(scenario.fuzz(&[]).main_status(), Status::Completed);
    ///
    /// // The first question is answered: the workflow is canceled before anything happens.
    /// let outcome = scenario.fuzz(&[0, 1]);
    /// assert_eq!(outcome.tape.to_string(), "cancel.0.0=1");
    /// assert_eq!(outcome.main_status(), Status::Canceled);
    /// ```
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "a run is worth its panic alone")]
    pub fn fuzz(&self, bytes: &[u8]) -> Outcome {
        match self.try_fuzz(bytes) {
            Ok(outcome) => outcome,
            Err(failure) => failure.panic(),
        }
    }

    /// The same, as a result.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with the report if anything is found.
    pub fn try_fuzz(&self, bytes: &[u8]) -> Result<Outcome, Failure> {
        self.ready()?;
        let chooser = Box::new(BytesChooser::new(bytes));
        let mut outcome = run_chosen(&self.inner, chooser, &self.checks).outcome;
        let calm = outcome.tape.is_empty();
        self.judge_alone(&mut outcome, calm, None);
        if outcome.findings.is_empty() {
            Ok(outcome)
        } else {
            Err(Failure::of_given_run(&self.inner, outcome))
        }
    }
}
