"use strict";
// Accepted and rejected findings become a reference file. Nothing leaves this page but that file, on a click.
(() => {
  const save = document.getElementById("save");
  const count = document.getElementById("count");
  const rows = () => [...document.querySelectorAll("tr[data-finding]")];
  const chosen = (row) => row.querySelector("button[aria-pressed='true']")?.dataset.verdict;

  const tell = () => {
    const judged = rows().map(chosen).filter(Boolean);
    save.disabled = judged.length === 0;
    count.textContent = judged.length
      ? `${judged.filter((one) => one === "findings").length} accepted, ${judged.filter((one) => one === "rejected").length} rejected`
      : "Accept or reject what was found: it becomes a file for --reference.";
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-verdict]");
    if (!button) return;
    const pressed = button.getAttribute("aria-pressed") === "true";
    for (const one of button.parentElement.querySelectorAll("button[data-verdict]")) one.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", String(!pressed));
    tell();
  });

  save.addEventListener("click", () => {
    const meetings = [...document.querySelectorAll("section[data-meeting]")].map((section) => {
      const of = (verdict) => [...section.querySelectorAll("tr[data-finding]")].filter((row) => chosen(row) === verdict).map((row) => JSON.parse(row.dataset.finding));
      return { meeting: section.dataset.meeting, findings: of("findings"), rejected: of("rejected") };
    }).filter((one) => one.findings.length + one.rejected.length);
    const text = JSON.stringify({ schema: "zoom-reference/1", meetings }, null, 1) + "\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = "reference.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
})();
