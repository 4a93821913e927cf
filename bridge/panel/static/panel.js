// What the panel does with Zoom's own client: who looks, listening or not, and what people post to the meeting's chat.
"use strict";
(() => {
  const panel = document.getElementById("panel");
  if (!panel) return;
  const { base: BASE, call: CALL, panel: KIND } = panel.dataset;
  // Clients of Zoom that do not know a method refuse all of them: then these alone are asked for.
  const CORE = ["getAppContext", "sendMessageToChat", "startRTMS", "stopRTMS"];
  const MORE = ["getRTMSStatus", "onRTMSStatusChange", "openUrl", "pauseRTMS", "resumeRTMS"];
  const PATIENCE_MS = 15000;
  const RENEW_MS = 240000; // a ticket is good for ten minutes
  const SOON_MS = 5000;
  const SOON = [600, 1500, 3000];
  const LISTENS_ALREADY = "10308";
  const NO_SDK = "Zoom's SDK did not load from appssdk.zoom.us. Outside of Zoom this page can do nothing; in Zoom, "
    + "the host must be in the app's domain allow list.";
  const NOT_IN_ZOOM = "This page is not open in Zoom, or in a client that is too old for it. Open it in a meeting, from Apps.";
  const NO_COOKIES = "Zoom's client does not keep this page's cookie, so the bridge cannot tell who looks.";
  const STATES = {
    connecting: ["Zoom is connecting the bridge.", "stopRTMS"],
    started: ["The bridge listens to this meeting.", "pauseRTMS", "stopRTMS"],
    paused: ["Paused: nothing that is said is heard.", "resumeRTMS", "stopRTMS"],
    stopped: ["The bridge does not listen.", "startRTMS"],
    unknown: ["This client does not tell whether the bridge listens.", "startRTMS", "stopRTMS"],
  };
  const able = new Set();
  const posted = new Set();
  let renewedAt = -SOON_MS;
  let lost = false; // whether it is told that the bridge does not renew our ticket

  class Trouble extends Error {}
  const byId = (id) => document.getElementById(id);

  function tell(text) {
    const note = byId("trouble");
    if (!note) return;
    note.hidden = !text;
    note.textContent = text;
  }

  function words(fault) {
    if (fault instanceof Trouble) return fault.message;
    const code = fault && fault.code ? ` (${fault.code})` : "";
    return `Zoom did not do it: ${(fault && fault.message) || "no reason was given"}${code}`;
  }

  function within(promise) {
    let timer;
    const late = new Promise((_, refuse) => {
      timer = setTimeout(() => refuse(new Trouble("Zoom's client does not answer.")), PATIENCE_MS);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }

  // Some releases of the SDK have no method for each of Zoom's calls, only this one for all.
  function ask(name, options) {
    const given = options === undefined ? [] : [options];
    return typeof zoomSdk[name] === "function" ? zoomSdk[name](...given) : zoomSdk.callZoomApi(name, ...given);
  }

  async function configure() {
    if (typeof window.zoomSdk === "undefined") throw new Trouble(NO_SDK);
    for (const wanted of [[...CORE, ...MORE], CORE]) {
      try {
        const answer = await within(zoomSdk.config({ capabilities: wanted, version: "0.16" }));
        const missing = answer.unsupportedApis || [];
        wanted.filter((name) => !missing.includes(name)).forEach((name) => able.add(name));
        return;
      } catch (fault) {
        if (fault instanceof Trouble) throw fault;
      }
    }
    throw new Trouble(NOT_IN_ZOOM);
  }

  // A ticket for the meeting that is open now; tells whether it is still the same one.
  async function renew() {
    const { context } = await within(ask("getAppContext"));
    const answer = await fetch(`${BASE}/ticket`, {
      method: "POST", body: new URLSearchParams({ context }), cache: "no-store",
    }).catch(() => { throw new Trouble("The bridge does not answer."); });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Trouble(told.refused || `The bridge refused (${answer.status}).`);
    renewedAt = performance.now();
    return told.same;
  }

  async function keepTicket() {
    try {
      if (!await renew()) location.replace(`${BASE}/meeting`);
      if (lost) tell("");
      lost = false;
    } catch (fault) {
      lost = true;
      tell(words(fault));
    }
  }

  // The bridge did not go on with us: our ticket is over, or it is away or full, and the page tries again by itself.
  async function comeBack() {
    if (!able.has("getAppContext")) return;
    if (performance.now() - renewedAt > SOON_MS) return keepTicket();
    const answer = await fetch(`${BASE}/next`, { cache: "no-store" }).catch(() => ({}));
    if (answer.status === 401) tell(NO_COOKIES);
  }

  function show(status) {
    const [text, ...offered] = STATES[status] || STATES.unknown;
    byId("listens").textContent = text;
    for (const button of document.querySelectorAll("[data-rtms]")) {
      button.hidden = !(offered.includes(button.dataset.rtms) && able.has(button.dataset.rtms));
      button.disabled = false;
    }
  }

  async function look() {
    if (!able.has("getRTMSStatus")) return show("unknown");
    try {
      const { rtmsStatus = [] } = await within(ask("getRTMSStatus"));
      const newest = rtmsStatus.reduce((one, other) => (one && one.timestamp > other.timestamp ? one : other), null);
      return show(newest ? newest.status : "stopped");
    } catch {
      return show("unknown");
    }
  }

  // Zoom tells the bridge of a stream within moments: whoever waits for it need not wait for the next look.
  function hasten() {
    for (const delay of SOON) {
      setTimeout(() => document.querySelectorAll("[data-next]").forEach((each) => htmx.trigger(each, "look")), delay);
    }
  }

  async function control(button) {
    const name = button.dataset.rtms;
    document.querySelectorAll("[data-rtms]").forEach((each) => { each.disabled = true; });
    tell("");
    try {
      await within(ask(name));
    } catch (fault) {
      if (!(name === "startRTMS" && String(fault.code) === LISTENS_ALREADY)) tell(words(fault));
    }
    await look();
    if (name === "startRTMS") hasten();
  }

  function mark() {
    for (const button of document.querySelectorAll("[data-post]")) {
      const done = posted.has(button.dataset.post);
      button.disabled = done || !able.has("sendMessageToChat");
      if (done) button.firstChild.textContent = "Posted to chat";
    }
  }

  async function post(button) {
    button.disabled = true;
    tell("");
    try {
      await ask("sendMessageToChat", { message: button.dataset.post });
      posted.add(button.dataset.post);
    } catch (fault) {
      tell(words(fault));
    }
    mark();
  }

  async function question(form) {
    const field = byId("question");
    const text = field.value.trim();
    if (!text) return;
    const button = form.querySelector("button");
    button.disabled = true;
    tell("");
    try {
      await ask("sendMessageToChat", { message: `${CALL} ${text}` });
      field.value = "";
      byId("asked").textContent = "Asked. The answer comes in the meeting's chat.";
    } catch (fault) {
      tell(words(fault));
    }
    button.disabled = false;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-rtms], [data-post]");
    if (button && button.dataset.rtms) control(button);
    else if (button) post(button);
    const link = event.target.closest("a[href]");
    if (link && link.origin !== location.origin && able.has("openUrl")) {
      event.preventDefault();
      ask("openUrl", { url: link.href }).catch((fault) => tell(words(fault)));
    }
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "ask") return;
    event.preventDefault();
    question(event.target);
  });
  document.addEventListener("htmx:sseMessage", mark);
  document.addEventListener("htmx:sseError", (event) => {
    if (event.detail.source && event.detail.source.readyState === EventSource.CLOSED) comeBack();
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) comeBack();
  });
  // The stream is over; another one may begin in the same meeting.
  document.addEventListener("htmx:sseClose", (event) => {
    const next = byId("over");
    if (!next || event.detail.type !== "message") return;
    const looker = next.content.firstElementChild.cloneNode(true);
    next.replaceWith(looker);
    htmx.process(looker);
    if (able.size) look();
  });

  document.addEventListener("DOMContentLoaded", async () => {
    if (KIND === "shut") return;
    try {
      await configure();
    } catch (fault) {
      const note = byId("listens");
      if (note) note.textContent = "";
      tell(words(fault));
      return;
    }
    if (KIND === "entrance") {
      try {
        await renew();
        location.replace(`${BASE}/meeting`);
      } catch (fault) {
        tell(words(fault));
      }
      return;
    }
    setInterval(keepTicket, RENEW_MS);
    if (able.has("onRTMSStatusChange")) zoomSdk.onRTMSStatusChange(look);
    const form = byId("ask");
    if (form) form.hidden = !able.has("sendMessageToChat");
    mark();
    await look();
  });
})();
