// Stands in for https://appssdk.zoom.us/sdk.min.js (npm @zoom/appssdk 0.16.41), and refuses what the real one refuses.
// window.zoomClient, set by a test: {outside: not in Zoom; unknown: methods that an older client does not know and refuses
// the whole of config() for; unsupported: methods that this client does not have; running: RTMS is on; denied: who looks may not start RTMS;
// quiet: chat is off}. Of the codes only 10308 is known to be Zoom's.
"use strict";
(() => {
  const client = window.zoomClient || {};
  const noted = window.zoomNoted = { sent: [], calls: [], configured: [], opened: [] };
  const METHODS = ["getAppContext", "getMeetingUUID", "getRTMSStatus", "getUserContext", "openUrl", "pauseRTMS",
    "resumeRTMS", "sendMessageToChat", "startRTMS", "stopRTMS"];
  const EVENTS = ["onRTMSStatusChange"];
  const handlers = {};
  let configured = null;
  let status = client.running ? "started" : sessionStorage.getItem("zoomStatus") || ""; // the client outlives a page
  let clock = 1;

  const fault = (code, message) => Object.assign(new Error(message), { code: String(code) });

  function become(next) {
    status = next;
    sessionStorage.setItem("zoomStatus", next);
    clock += 1;
    for (const handler of handlers.onRTMSStatusChange || []) handler(session());
  }
  const session = () => ({ rtmsSessionId: "r-1", displayName: "Zoom bridge", status, timestamp: clock });

  function only(options, ...names) {
    const given = options === undefined ? [] : Object.keys(options);
    if (given.length !== names.length || !names.every((name) => given.includes(name))) {
      throw fault(10004, `wrong options: ${given.join(", ")}`);
    }
  }

  function control(from, to) {
    if (client.denied) throw fault(10065, "The user is not allowed to do this");
    if (!from.includes(status)) throw fault(10309, "RTMS is not in a state for this");
    become(to);
    return { message: "Success" };
  }

  const does = {
    async getAppContext(options) {
      only(options);
      return { context: await window.zoomMakesContext() };
    },
    getMeetingUUID(options) { only(options); return { meetingUUID: "u", parentUUID: "" }; },
    getUserContext(options) { only(options); return { status: "authorized", role: "host", screenName: "x" }; },
    getRTMSStatus(options) { only(options); return { rtmsStatus: status ? [session()] : [] }; },
    startRTMS(options) {
      only(options);
      if (status === "started") throw fault(10308, "RTMS is already running");
      return control(["", "stopped"], "started");
    },
    stopRTMS(options) { only(options); return control(["started", "paused"], "stopped"); },
    pauseRTMS(options) { only(options); return control(["started"], "paused"); },
    resumeRTMS(options) { only(options); return control(["paused"], "started"); },
    sendMessageToChat(options) {
      only(options, "message");
      if (typeof options.message !== "string" || !options.message || options.message.length > 4096) {
        throw fault(10004, "message must be a text of 1 to 4,096 characters");
      }
      if (client.quiet) throw fault(10117, "Chat is disabled in this meeting");
      noted.sent.push(options.message);
      return { result: [{ channelId: "c", messageId: `m-${noted.sent.length}` }] };
    },
    openUrl(options) {
      only(options, "url");
      if (!/^https:/.test(options.url)) throw fault(10004, "only https");
      noted.opened.push(options.url);
      return { message: "Success" };
    },
  };

  async function call(name, options, ...more) {
    noted.calls.push(name);
    if (more.length) throw fault(10004, "one argument at most");
    if (!METHODS.includes(name)) throw fault(10001, `no such API: ${name}`);
    if (!configured) throw fault(80004, "config() has to come first");
    if (!configured.includes(name)) throw fault(80005, `${name} is not among the capabilities`);
    if ((client.unsupported || []).includes(name)) throw fault(10040, `${name} is not supported by this client`);
    return does[name](options);
  }

  const sdk = {
    async config(options) {
      only({ ...options, timeout: 0, popoutSize: 0 }, "capabilities", "version", "timeout", "popoutSize");
      if (client.outside) throw fault(0, "The Zoom Apps SDK is not supported by this browser");
      if (!["0.16", "0.14"].includes(options.version)) throw fault(10004, "no such version");
      const { capabilities } = options;
      if (!Array.isArray(capabilities) || !capabilities.every((each) => [...METHODS, ...EVENTS].includes(each))) {
        throw fault(10004, "an unknown capability");
      }
      if (capabilities.some((each) => (client.unknown || []).includes(each))) throw fault(10004, "an unknown capability");
      configured = capabilities;
      noted.configured.push(capabilities);
      return {
        runningContext: "inMeeting", clientVersion: "6.6.0", product: "desktop", auth: { status: "authorized" },
        unsupportedApis: capabilities.filter((each) => (client.unsupported || []).includes(each)),
      };
    },
    callZoomApi: call,
  };
  for (const name of METHODS) sdk[name] = (...given) => call(name, ...given);
  for (const name of EVENTS) {
    sdk[name] = (handler) => {
      if (typeof handler !== "function") throw fault(10004, "a handler is a function");
      if (!configured || !configured.includes(name)) throw fault(80005, `${name} is not among the capabilities`);
      (handlers[name] ||= []).push(handler);
    };
  }
  window.zoomSdk = Object.freeze(sdk);
})();
