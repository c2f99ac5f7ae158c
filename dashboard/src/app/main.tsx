import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@/ui/theme.css";
import { App, makeQueryClient } from "./app";
import { makeRouter } from "./router";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no element #root");
const client = makeQueryClient();
const router = makeRouter(client);
// What the page needs is asked for before anything is drawn.
void router.load().then(() =>
  createRoot(root).render(
    <StrictMode>
      <App client={client} router={router} />
    </StrictMode>,
  ),
);
