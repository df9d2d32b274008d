// Which of the tabs of a site keeps its world: the one that holds a lock. It goes to the next tab with the tab, or to
// one that takes it away.

const NAME = 'petset-world';

let told = () => {};

/** Calls `tell` with whether this tab keeps its world, now and whenever that changes. */
export function keep(tell) {
  told = tell;
  // Where there are no locks, as in a page that came without encryption, nobody knows of others.
  if (!navigator.locks) return tell(true);
  navigator.locks.request(NAME, { ifAvailable: true }, (lock) => lock ? hold() : (tell(false), wait())).catch(lost);
}

/** Takes it from whoever has it. */
export function take() {
  navigator.locks?.request(NAME, { steal: true }, hold).catch(lost);
}

function wait() {
  navigator.locks.request(NAME, hold).catch(lost);
}

/** The lock is held as long as the tab is there, or until it is taken away. */
function hold() {
  told(true);
  return new Promise(() => {});
}

function lost() {
  told(false);
  wait();
}
