"use strict";

// The checklist of capabilities answers at once: what others need is ticked, what does not go with them is closed, and
// what is missing is said. The server decides all of this again when the form is sent. The picture comes from there.

const joined = (names, word) =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} ${word} ${names[names.length - 1]}`;

const split = (text, by) => (text ? text.split(by) : []);

const boxesOf = (list) =>
  [...list.querySelectorAll("[data-box] input[type=checkbox]")].map((input) => ({
    input,
    name: input.name,
    title: input.dataset.title,
    isWanted: "wanted" in input.dataset,
    needs: split(input.dataset.needs, " "),
    oneOf: split(input.dataset.any, " ").map((names) => names.split("|")),
    not: split(input.dataset.not, " "),
  }));

const stateOf = (box, boxes, chosen) => {
  const titles = (names) => boxes.filter((each) => names.includes(each.name)).map((each) => each.title);
  const needing = boxes.filter((each) => each.isWanted && each.needs.includes(box.name)).map((each) => each.title);
  const clash = titles(box.not.filter((name) => chosen.has(name)));
  const missing = box.isWanted && box.oneOf.find((names) => !names.some((name) => chosen.has(name)));
  if (clash.length && !chosen.has(box.name)) {
    return { look: "is-closed", text: `Not while ${joined(clash, "or")} is chosen.` };
  }
  const said = [];
  if (needing.length) said.push(`Comes along: ${joined(needing, "and")} need${needing.length > 1 ? "" : "s"} it.`);
  if (clash.length && box.isWanted) said.push(`Not with ${joined(clash, "and")}: leave one of them out.`);
  if (missing) said.push(missing.length > 1 ? `Choose one of ${joined(titles(missing), "or")}.` : `Choose ${titles(missing)[0]} too.`);
  const isWrong = box.isWanted && (clash.length > 0 || Boolean(missing));
  return { look: isWrong ? "is-wrong" : "", text: said.join(" "), isKept: needing.length > 0 };
};

// A box that cannot be changed sends nothing. What was wanted before it was needed is sent beside it.
const keepWish = (box, isLocked) => {
  const kept = box.input.parentElement.querySelector("[data-wish]");
  if (!isLocked || !box.isWanted) {
    kept?.remove();
  } else if (!kept) {
    const wish = Object.assign(document.createElement("input"), { type: "hidden", name: box.name, value: "true" });
    wish.dataset.wish = "";
    box.input.before(wish);
  }
};

// Show the state of a box, and return what is new in it, for those who do not see it.
const show = (box, state, isChosen) => {
  const card = box.input.closest("[data-box]");
  const line = card.querySelector(".box-state");
  const isLocked = Boolean(state.isKept) || state.look === "is-closed";
  box.input.checked = isChosen;
  box.input.disabled = isLocked;
  keepWish(box, isLocked);
  card.classList.toggle("is-ticked", isChosen);
  for (const look of ["is-closed", "is-wrong"]) card.classList.toggle(look, state.look === look);
  const text = card.querySelector(".field-errors") ? "" : state.text;
  const isNew = line.textContent !== text;
  line.textContent = text;
  return isNew && text ? `${box.title}: ${text}` : "";
};

const settle = (list) => {
  const boxes = boxesOf(list);
  const chosen = new Set(boxes.filter((box) => box.isWanted).flatMap((box) => [box.name, ...box.needs]));
  return boxes.map((box) => show(box, stateOf(box, boxes, chosen), chosen.has(box.name))).filter(Boolean);
};

const want = (input) => {
  if (input.checked) input.dataset.wanted = "";
  else delete input.dataset.wanted;
};

const forgetRefusals = (list) => {
  list.querySelectorAll("[data-box] .field-errors").forEach((refusal) => refusal.remove());
  list.querySelectorAll("[aria-invalid]").forEach((input) => input.removeAttribute("aria-invalid"));
};

document.addEventListener("change", (event) => {
  const list = event.target.closest("[data-capabilities]");
  if (!list) return;
  want(event.target);
  forgetRefusals(list);
  announce(settle(list).join(" "));
});

// A browser may have brought back ticks of an earlier visit.
const start = () => {
  document.querySelectorAll("[data-capabilities]").forEach((list) => {
    list.querySelectorAll("[data-box] input[type=checkbox]:enabled").forEach(want);
    settle(list);
  });
};

window.addEventListener("pageshow", start);

// What is new in the picture shows itself for a moment.
let drawn = new Set();

const partsOf = (picture) => [...picture.querySelectorAll("[data-part]")];

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target.id === "architecture") drawn = new Set(partsOf(event.target).map((part) => part.dataset.part));
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "fields") start();
  if (event.target.id !== "architecture") return;
  partsOf(event.target).forEach((part) => part.classList.toggle("is-new", !drawn.has(part.dataset.part)));
});
