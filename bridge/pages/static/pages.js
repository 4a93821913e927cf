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

  function place(element) {
    const known = element.id && [...document.querySelectorAll("#" + CSS.escape(element.id))].find((each) => each !== element);
    const into = element.dataset.into && byId(element.dataset.into);
    if (known && isEdited(known)) {
      known.querySelector(".meanwhile").hidden = false;
      element.remove();
    } else if (known) {
      known.querySelectorAll("details[open]").forEach((_, n) => {
        const twin = element.querySelectorAll("details")[n];
        if (twin) twin.open = true;
      });
      const after = known.nextElementSibling;
      known.replaceWith(element);
      regroup(element);
      regroup(after);
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
    document.querySelectorAll(".empty").forEach((each) => each.remove());
    for (const element of [...inbox.children]) place(element);
    inbox.replaceChildren();
    tellTimes(document);
    const grew = byId("rows").childElementCount > had;
    if (!grew) return;
    if (follows) toTheEnd();
    else if (belowWords()) byId("follow").hidden = false;
  });

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

  document.addEventListener("htmx:afterRequest", (event) => {
    const note = byId("stale");
    if (note) note.hidden = event.detail.successful;
  });

  const FORMS = {
    time: { hour: "2-digit", minute: "2-digit" },
    long: { weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" },
  };
  function tellTimes(root) {
    for (const time of root.querySelectorAll("time[data-local]")) {
      const at = new Date(time.dateTime);
      if (isNaN(at)) continue;
      time.title = time.title || time.textContent;
      time.textContent = at.toLocaleString("en-GB", FORMS[time.dataset.local]);
      time.removeAttribute("data-local");
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    tellTimes(document);
    if (document.querySelector("[sse-connect]") && !location.hash && byId("rows").childElementCount) toTheEnd();
  });
})();
