// Speaks with the page around an embed: with the window that holds this one and no other, and only as long as it has the
// origin with which it first spoke.

const PROTOCOL = 1;

/** The host's origin, from its first word on. */
let host;

export function listen(receive) {
  if (parent === window) return;
  addEventListener('message', ({ source, origin, data }) => {
    if (source !== parent || data?.petset !== PROTOCOL) return;
    if (data.type === 'connect') host ??= origin;
    if (origin !== host) return;
    let text;
    try {
      text = JSON.stringify(data);
    } catch {
      // What is no JSON is none of ours.
      return;
    }
    receive(text);
  });
  // To whomever it may be: it says only that somebody listens here.
  parent.postMessage({ petset: PROTOCOL, type: 'hello' }, '*');
}

export function tell(text) {
  // The origin of a page from a file, or in a sandbox, has no name. Nobody else can be meant: our parent stays the same.
  parent.postMessage(JSON.parse(text), host === 'null' ? '*' : host);
}
