import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@/ui/theme.css";
import { App } from "./app";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no element #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
