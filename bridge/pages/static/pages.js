// Puts what the event stream brings in its place, follows the end of a live meeting, and tells times as this reader's clock does.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const AGAIN_MS = 60000; // as in bridge/pages/row.py

  // Whether the same person goes on: then the row needs no heading.
  function regroup(row) {
    if (!row || !row.dataset.who) return;
    const before = row.previousElementSibling;
    const again = before && before.dataset.who === row.dataset.who && row.dataset.at - before.dataset.at < AGAIN_MS;
    row.classList.toggle("again", Boolean(again));
  }

  // Nobody's edits go because somebody else, or a flow, was faster: what is there is said, and the words stay.
  function isEdited(known) {
    return "edited" in known.dataset
      && [...known.querySelectorAll("textarea, input[type=text]")].some((each) => each.value !== each.defaultValue);
  }

  // What changes in place, as the bridge gave it: whoever connects anew is given all of it, and little of it is another.
  const given = new Map();
  const CHANGING = "#facts, #summary, #talk, #took, #approvals [data-into], #found [data-into], #runs > li";
  const FOCUSABLE = "a, button, summary, input, textarea";

  function replace(known, element) {
    known.querySelectorAll("details[open]").forEach((_, n) => {
      const twin = element.querySelectorAll("details")[n];
      if (twin) twin.open = true;
    });
    const focused = [...known.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
    const after = known.nextElementSibling;
    known.replaceWith(element);
    if (focused >= 0) element.querySelectorAll(FOCUSABLE)[focused]?.focus({ preventScroll: true });
    regroup(element);
    regroup(after);
  }

  function place(element) {
    const known = element.id && [...document.querySelectorAll("#" + CSS.escape(element.id))].find((each) => each !== element);
    const into = element.dataset.into && byId(element.dataset.into);
    const html = element.classList.contains("row") ? "" : element.outerHTML;
    if (known && html && given.get(element.id) === html) {
      element.remove();
      return;
    }
    if (known && isEdited(known)) {
      known.querySelector(".meanwhile").hidden = false;
      element.remove();
      return;
    }
    if (html) given.set(element.id, html);
    if (known) {
      replace(known, element);
    } else if (into) {
      let next = null;
      let last = into.lastElementChild;
      while (last && last.dataset.order > element.dataset.order) {
        next = last;
        last = last.previousElementSibling;
      }
      // Behind "Show earlier words" there is nothing that belongs before it.
      into.insertBefore(element, next);
      regroup(element);
      regroup(element.nextElementSibling);
    } else {
      element.remove();
    }
  }

  const atEnd = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 160;
  const words = () => byId("words");
  const belowWords = () => {
    const box = words().getBoundingClientRect();
    return box.bottom > innerHeight + 160;
  };
  let follows = false;

  function toTheEnd() {
    const last = byId("rows").lastElementChild;
    if (last) last.scrollIntoView({ block: "end" });
    scrollBy(0, 96);
    byId("follow").hidden = true;
  }

  document.addEventListener("htmx:sseBeforeMessage", (event) => {
    if (event.detail.type === "gone") {
      event.preventDefault();
      location.reload();
    }
    follows = words() && !belowWords() && !document.querySelector("#rows :target");
  });

  document.addEventListener("htmx:sseMessage", () => {
    const inbox = byId("inbox");
    if (!inbox || !byId("rows")) return;
    const had = byId("rows").childElementCount;
    for (const element of [...inbox.children]) place(element);
    inbox.replaceChildren();
    tellTimes(document);
    const grew = byId("rows").childElementCount > had;
    if (!grew) return;
    document.querySelectorAll(".empty").forEach((each) => each.remove());
    if (follows) toTheEnd();
    else if (belowWords()) byId("follow").hidden = false;
  });

  // Browsers have six connections to a host: a page that nobody sees gives its own back, or the seventh would not open.
  // In Zoom's client there is one page, and nobody knows what that client calls hidden.
  const REST_MS = 10000;
  const unseen = () => document.hidden && !byId("panel");
  let cursor = "";

  // As htmx's extension wants an EventSource; whoever connects anew, for whatever reason, goes on behind the last event.
  htmx.createEventSource = (url) => {
    const outer = new EventTarget();
    const kinds = new Set();
    let inner = null;
    let timer = 0;
    const forward = (event) => {
      cursor = event.lastEventId || cursor;
      outer.dispatchEvent(new MessageEvent(event.type, { data: event.data, lastEventId: event.lastEventId }));
    };
    const connect = () => {
      const address = new URL(url, location.href);
      if (cursor) address.searchParams.set("after", cursor);
      inner = new EventSource(address);
      kinds.forEach((kind) => inner.addEventListener(kind, forward));
      inner.onopen = (event) => outer.onopen(event);
      inner.onerror = (event) => {
        if (inner.readyState === EventSource.CLOSED) outer.close();
        outer.onerror(event);
      };
    };
    const rest = () => {
      inner.close();
      inner = null;
    };
    const look = () => {
      clearTimeout(timer);
      if (inner && unseen()) timer = setTimeout(rest, REST_MS);
      else if (!inner && !unseen()) connect();
    };
    outer.readyState = EventSource.OPEN;
    outer.close = () => {
      outer.readyState = EventSource.CLOSED;
      document.removeEventListener("visibilitychange", look);
      clearTimeout(timer);
      if (inner) inner.close();
    };
    outer.addEventListener = (kind, listener) => {
      EventTarget.prototype.addEventListener.call(outer, kind, listener);
      if (inner && !kinds.has(kind)) inner.addEventListener(kind, forward);
      kinds.add(kind);
    };
    document.addEventListener("visibilitychange", look);
    look();
    return outer;
  };

  // Whether the event stream is open; a browser that lost it comes back with its cursor.
  function cut(isCut) {
    const note = byId("cut");
    if (note) note.hidden = !isCut;
    document.querySelectorAll(".listening").forEach((each) => { each.hidden = isCut; });
  }
  document.addEventListener("htmx:sseError", () => cut(true));
  document.addEventListener("htmx:sseOpen", () => cut(false));

  document.addEventListener("htmx:sseClose", () => {
    document.querySelectorAll(".listening, .follow, #cut").forEach((each) => each.remove());
  });

  document.addEventListener("scroll", () => {
    const button = byId("follow");
    if (button && !button.hidden && (atEnd() || !belowWords())) button.hidden = true;
  }, { passive: true });

  document.addEventListener("click", (event) => {
    if (event.target.id === "follow") toTheEnd();
    const link = event.target.closest("a[data-place]");
    const row = link && byId(link.dataset.place);
    if (!row) return;
    event.preventDefault();
    location.hash = "";
    location.hash = link.dataset.place;
    row.focus({ preventScroll: true });
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    tellTimes(document);
    if (event.target.closest && event.target.closest("#rows")) document.querySelectorAll("#rows > .said").forEach(regroup);
  });

  document.addEventListener("htmx:afterRequest", ({ detail: { elt, successful } }) => {
    const note = byId("stale");
    if (note) note.hidden = successful;
    if (!elt.matches("button")) return;
    if (!successful && !elt.nextElementSibling) elt.insertAdjacentHTML("afterend", NOT_ANSWERED);
    else if (successful && elt.nextElementSibling) elt.nextElementSibling.remove();
  });
  const NOT_ANSWERED = ' <span class="fault" role="alert">The bridge did not answer. Try again, or load the page again.</span>';

  // A double click is one press: the second would be told that somebody has decided already.
  const PRESS_MS = 3000;
  const pressed = new WeakMap();
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post" || event.defaultPrevented) return;
    if (event.timeStamp - pressed.get(event.target) < PRESS_MS) event.preventDefault();
    else pressed.set(event.target, event.timeStamp);
  });

  const FORMS = {
    time: { hour: "2-digit", minute: "2-digit" },
    day: { hour: "2-digit", minute: "2-digit" },
    long: { weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" },
  };
  function tellTimes(root) {
    for (const time of root.querySelectorAll("time[data-local]")) {
      const at = new Date(time.dateTime);
      if (isNaN(at)) continue;
      time.title = time.title || time.textContent;
      // Below a heading that names a day of UTC.
      const moved = time.dataset.local === "day" && at.getDate() !== at.getUTCDate();
      time.textContent = at.toLocaleString("en-GB", moved ? { ...FORMS.day, weekday: "short" } : FORMS[time.dataset.local]);
      time.removeAttribute("data-local");
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(CHANGING).forEach((each) => given.set(each.id, each.outerHTML));
    tellTimes(document);
    if (document.querySelector("[sse-connect]") && !location.hash && byId("rows").childElementCount) toTheEnd();
  });
})();
