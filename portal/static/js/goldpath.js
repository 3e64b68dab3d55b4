"use strict";

// Everything here is a convenience: each page does its job without it.

document.documentElement.classList.remove("no-script");

const announce = (text) => {
  const place = document.getElementById("announcer");
  if (place) place.textContent = text;
};

const toggleTheme = (form) => {
  const root = document.documentElement;
  const dark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : window.matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = dark ? "light" : "dark";
  root.dataset.theme = theme;
  const secure = window.location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  form.querySelector("[name=theme]").value = dark ? "dark" : "light";
  announce(`${theme} colours`);
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-theme-form]")) {
    event.preventDefault();
    toggleTheme(form);
  } else if (form.matches("[data-once]")) {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  }
});

window.addEventListener("pageshow", () => {
  document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent);
});

// A row of tabs may be wider than a phone: show the one that is open, in the middle.
document.querySelectorAll(".tabs [aria-current]").forEach((tab) => {
  const row = tab.closest(".tabs");
  const place = tab.getBoundingClientRect();
  row.scrollLeft += place.left - row.getBoundingClientRect().left - (row.clientWidth - place.width) / 2;
});

const copy = async (button) => {
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.querySelector("[data-copy-word]").textContent = "Copied";
    button.classList.add("is-copied");
    announce("Copied");
  } catch {
    window.getSelection().selectAllChildren(source);
    announce("Selected: press Control and C");
  }
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
  const file = event.target.closest(".tree a");
  if (file) {
    file.closest(".tree").querySelector("[aria-current]")?.removeAttribute("aria-current");
    file.setAttribute("aria-current", "true");
  }
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary").focus();
  });
});

// The log follows its end for as long as the reader is at its end.
let follows = true;

document.addEventListener(
  "scroll",
  (event) => {
    const log = event.target;
    if (log.id === "log") follows = log.scrollTop + log.clientHeight > log.scrollHeight - 40;
  },
  true,
);

const follow = () => {
  const log = document.getElementById("log");
  if (log && follows) log.scrollTop = log.scrollHeight;
};

document.addEventListener("DOMContentLoaded", () => {
  follow();
  const summary = document.getElementById("error-summary");
  if (summary) summary.focus();
});
document.addEventListener("htmx:oobAfterSwap", follow);
document.addEventListener("htmx:afterSwap", follow);
