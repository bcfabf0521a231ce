//! Channels of workflow code: what Go's `channelImpl` and `selectorImpl` do.

use std::cell::RefCell;
use std::rc::Rc;

use rehearsal_activation::{Flag, MissingFlags};
use rehearsal_workflow::{Channel, Context, Signal, WorkflowError, select};

use crate::play::{fire, play, play_without, secs, signal, workflow};

const A: Signal<u8> = Signal::new("a");

/// What a run notes, in order.
#[derive(Clone, Default)]
struct Notes(Rc<RefCell<Vec<String>>>);

impl Notes {
    #[expect(clippy::needless_pass_by_value, reason = "texts are made where they are noted")]
    fn note(&self, text: impl ToString) {
        self.0.borrow_mut().push(text.to_string());
    }

    fn all(&self) -> String {
        self.0.borrow().join(", ")
    }
}

/// Sends these numbers from a routine of its own, notes each when it is sent, and closes the channel.
fn send_all(ctx: &Context, channel: &Channel<u8>, notes: &Notes, numbers: &'static [u8]) {
    let (channel, notes) = (channel.clone(), notes.clone());
    ctx.spawn(async move {
        for number in numbers {
            channel.send(*number).await;
            notes.note(format!("sent {number}"));
        }
        channel.close();
    });
}

#[test]
fn a_value_goes_from_hand_to_hand() {
    let code = workflow(async |ctx| {
        let (channel, notes) = (ctx.channel(), Notes::default());
        send_all(&ctx, &channel, &notes, &[1, 2]);
        while let Some(number) = channel.recv().await {
            notes.note(format!("got {number}"));
        }
        Ok(notes.all())
    });
    insta::assert_snapshot!(play(&code, &[], &[]), @r#"
    Initialize
      CompleteWorkflow "sent 1, got 1, got 2, sent 2"
    "#);
}

#[test]
fn a_buffer_holds_what_nobody_has_received() {
    let code = workflow(async |ctx| {
        let (channel, notes) = (ctx.buffered_channel(2), Notes::default());
        send_all(&ctx, &channel, &notes, &[1, 2, 3, 4]);
        ctx.sleep(secs(1)).await?;
        notes.note(format!("{} there", channel.len()));
        while let Some(number) = channel.recv().await {
            notes.note(format!("got {number}"));
        }
        assert!(channel.is_closed() && channel.is_empty());
        Ok(notes.all())
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![fire(1)]]), @r#"
    Initialize
      StartTimer 1 1s (Sleep)
      waits for timer 1 of 1s
      waits for a receiver of channel 1
    FireTimer 1
      CompleteWorkflow "sent 1, sent 2, 3 there, got 1, got 2, got 3, sent 3, sent 4, got 4"
    "#);
}

#[test]
fn who_has_waited_longest_gets_the_next_value() {
    let code = workflow(async |ctx| {
        let (channel, notes) = (ctx.channel(), Notes::default());
        for name in ["first", "second"] {
            let (channel, notes) = (channel.clone(), notes.clone());
            ctx.spawn(async move {
                let got: Option<u8> = channel.recv().await;
                notes.note(format!("{name} {got:?}"));
            });
        }
        ctx.sleep(secs(1)).await?;
        assert_eq!(
            (channel.try_send(1), channel.try_send(2), channel.try_send(3)),
            (Ok(()), Ok(()), Err(3))
        );
        assert_eq!(channel.try_recv(), None);
        ctx.sleep(secs(1)).await?;
        Ok(notes.all())
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![fire(1)], vec![fire(2)]]), @r#"
    Initialize
      StartTimer 1 1s (Sleep)
      waits for timer 1 of 1s
      waits for a value of channel 1
      waits for a value of channel 1
    FireTimer 1
      StartTimer 2 1s (Sleep)
      waits for timer 2 of 1s
    FireTimer 2
      CompleteWorkflow "first Some(1), second Some(2)"
    "#);
}

#[test]
fn who_waits_is_named() {
    let code = workflow(async |ctx| {
        let (numbers, words) = (ctx.channel::<u8>(), ctx.channel::<u8>());
        let sender = numbers.clone();
        ctx.spawn(async move { sender.send(1).await });
        ctx.selector().receive(&words, |_| ()).send(&numbers, 2, || ()).select().await;
        Ok(String::new())
    });
    insta::assert_snapshot!(play(&code, &[], &[]), @"
    Initialize
      waits for a value of channel 2
      waits for a receiver of channel 1
      waits for a receiver of channel 1
    ");
}

/// As in Go: the case that receives is asked first, waits, and is given what the other one sends; then that one is taken.
#[test]
fn a_selector_that_sends_to_itself_loses_the_value() {
    let code = workflow(async |ctx| {
        let channel = ctx.channel::<u8>();
        let mut selector = ctx
            .selector()
            .receive(&channel, |number| format!("got {number:?}"))
            .send(&channel, 1, || "sent".to_owned());
        Ok(format!("{}, {} there", selector.select().await, channel.len()))
    });
    insta::assert_snapshot!(play(&code, &[], &[]), @r#"
    Initialize
      SelectorReceived
      CompleteWorkflow "sent, 0 there"
    "#);
}

#[test]
fn what_is_closed_takes_nothing() {
    let at_once = workflow(async |ctx| {
        let channel = ctx.buffered_channel::<u8>(1);
        channel.close();
        channel.close();
        channel.send(1).await;
        Ok(String::new())
    });
    let waiting = workflow(async |ctx| {
        let channel = ctx.channel::<u8>();
        let closer = channel.clone();
        ctx.spawn(async move { closer.close() });
        channel.send(1).await;
        Ok(String::new())
    });
    let log = format!("{}\n---\n{}", play(&at_once, &[], &[]), play(&waiting, &[], &[]));
    // Its place is one of this crate.
    let log: Vec<&str> = log.lines().filter(|line| !line.contains("Panicked")).collect();
    insta::assert_snapshot!(log.join("\n"), @"
    Initialize
      task failed: WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE: Closed channel
    ---
    Initialize
      task failed: WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE: Closed channel
    ");
}

/// What wakes a selector first is taken; its other cases stay as they are.
#[test]
fn a_selector_takes_what_comes_first() {
    let code = workflow(async |ctx| {
        let (numbers, answers, notes) = (ctx.channel(), ctx.channel(), Notes::default());
        send_all(&ctx, &numbers, &notes, &[1, 2]);
        let (asked, by) = (answers.clone(), notes.clone());
        ctx.spawn(async move {
            let heard: Option<u8> = asked.recv().await;
            by.note(format!("answered {heard:?}"));
        });
        ctx.sleep(secs(1)).await?;
        let mut selector = ctx
            .selector()
            .signal(&ctx.signals(A), |a| format!("a {a}"))
            .receive(&numbers, |number| format!("number {number:?}"))
            .send(&answers, 42, || "asked".to_owned());
        for _ in 0..5 {
            notes.note(selector.select().await);
        }
        // The channel is closed and its case used up, and nobody receives an answer any more.
        assert!(!selector.has_pending());
        notes.note(selector.select().await);
        Ok(notes.all())
    });
    let later = [vec![fire(1)], vec![signal("a", "8")]];
    insta::assert_snapshot!(play(&code, &[signal("a", "7")], &later), @r#"
    Initialize, SignalWorkflow
      StartTimer 1 1s (Sleep)
      waits for timer 1 of 1s
      waits for a receiver of channel 1
      waits for a value of channel 2
    FireTimer 1
      SelectorReceived
      waits for signal `a`
      waits for a receiver of channel 2
    SignalWorkflow
      SelectorReceived
      CompleteWorkflow "a 7, number Some(1), asked, sent 1, sent 2, answered Some(42), number Some(2), number None, a 8"
    "#);
}

/// Two selectors wait for one channel; the second is woken by the close.
async fn two_workers(ctx: Context) -> Result<String, WorkflowError> {
    let (channel, notes) = (ctx.channel(), Notes::default());
    send_all(&ctx, &channel, &notes, &[1, 2]);
    for name in ["first", "second"] {
        let (worker, channel, notes) = (ctx.clone(), channel.clone(), notes.clone());
        ctx.spawn(async move {
            while let Some(number) = worker.selector().receive(&channel, |it| it).select().await {
                notes.note(format!("{name} {number}"));
            }
        });
    }
    ctx.sleep(secs(1)).await?;
    Ok(notes.all())
}

#[test]
fn before_its_flag_8_go_loses_what_a_second_selector_writes_over() {
    let code = workflow(two_workers);
    let old = MissingFlags::beside(|flag| flag == Flag::BlockedSelectorSignalReceive.number());
    let older = MissingFlags::beside(|_| false);
    let log = [MissingFlags::default(), old, older]
        .map(|missing| play_without(missing, &code, &[], &[vec![fire(1)]]));
    insta::assert_snapshot!(log.join("\n---\n"), @r#"
    Initialize
      StartTimer 1 1s (Sleep)
      SelectorReceived
      waits for timer 1 of 1s
    FireTimer 1
      CompleteWorkflow "first 1, sent 1, sent 2, first 2"
    ---
    Initialize
      StartTimer 1 1s (Sleep)
      SelectorReceived
      waits for timer 1 of 1s
    FireTimer 1
      CompleteWorkflow "first 1, sent 1, sent 2"
    ---
    Initialize
      StartTimer 1 1s (Sleep)
      SelectorReceived
      waits for timer 1 of 1s
    FireTimer 1
      CompleteWorkflow "first 1, sent 1, sent 2, first 2"
    "#);
}

/// A default that waits, while a value and a signal come for the cases of its selector.
async fn blocking_default(ctx: Context) -> Result<String, WorkflowError> {
    let (channel, notes) = (ctx.channel(), Notes::default());
    send_all(&ctx, &channel, &notes, &[1, 2]);
    let signals = ctx.signals(A);
    let mut selector = ctx
        .selector()
        .receive(&channel, |number| format!("number {number:?}"))
        .default_async(|| async { format!("slept {:?}", ctx.sleep(secs(1)).await.is_ok()) });
    notes.note(selector.select().await);
    notes.note(format!("{} numbers", channel.len()));
    let mut selector = ctx
        .selector()
        .signal(&signals, |a| format!("a {a}"))
        .default_async(|| async { format!("slept {:?}", ctx.sleep(secs(1)).await.is_ok()) });
    notes.note(selector.select().await);
    notes.note(format!("{} signals", signals.len()));
    Ok(notes.all())
}

#[test]
fn what_comes_while_a_default_waits_is_kept_since_flag_5() {
    let code = workflow(blocking_default);
    let later = [vec![fire(1)], vec![signal("a", "7")], vec![signal("a", "8"), fire(2)]];
    let log = [MissingFlags::default(), MissingFlags::beside(|_| false)]
        .map(|missing| play_without(missing, &code, &[], &later));
    insta::assert_snapshot!(log.join("\n---\n"), @r#"
    Initialize
      StartTimer 1 1s (Sleep)
      SelectorReceived
      waits for timer 1 of 1s
      waits for a receiver of channel 1
    FireTimer 1
      StartTimer 2 1s (Sleep)
      waits for a receiver of channel 1
      waits for timer 2 of 1s
    SignalWorkflow
      SelectorReceived
      waits for a receiver of channel 1
      waits for timer 2 of 1s
    SignalWorkflow, FireTimer 2
      CompleteWorkflow "sent 1, slept true, 2 numbers, slept true, 2 signals"
    ---
    Initialize
      StartTimer 1 1s (Sleep)
      SelectorReceived
      waits for timer 1 of 1s
      waits for a receiver of channel 1
    FireTimer 1
      StartTimer 2 1s (Sleep)
      waits for a receiver of channel 1
      waits for timer 2 of 1s
    SignalWorkflow
      SelectorReceived
      waits for a receiver of channel 1
      waits for timer 2 of 1s
    SignalWorkflow, FireTimer 2
      CompleteWorkflow "sent 1, slept true, 1 numbers, slept true, 1 signals"
    "#);
}

/// What loses a race gives back what it was given, and sends nothing any more.
#[test]
fn what_is_dropped_leaves_the_channel_as_it_was() {
    let code = workflow(async |ctx| {
        let (channel, notes) = (ctx.channel::<u8>(), Notes::default());
        let sender = channel.clone();
        let _lost = select(ctx.timer(secs(1)), channel.send(1)).await;
        assert!(channel.is_empty());
        ctx.spawn(async move { sender.send(2).await });
        let mut selector = ctx.selector().receive(&channel, |it| it);
        let mut waits = Box::pin(selector.select());
        // Polled once, and then given a value.
        let _first = select(ctx.timer(std::time::Duration::ZERO), &mut waits).await;
        drop(waits);
        notes.note(format!("{:?}", channel.recv().await));
        Ok(notes.all())
    });
    insta::assert_snapshot!(play(&code, &[], &[vec![fire(1)]]), @r#"
    Initialize
      StartTimer 1 1s
      waits for timer 1 of 1s
      waits for a receiver of channel 1
    FireTimer 1
      CompleteWorkflow "Some(2)"
    "#);
}
