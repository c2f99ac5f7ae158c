import { fileURLToPath } from "node:url";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const server = process.env["RUNREEL_URL"] ?? "http://127.0.0.1:4700";

/** Tells `public/start.js` where the code of each view of a run is, so that it is fetched beside that of the page. */
const toldViews: Plugin = {
  name: "told-views",
  transformIndexHtml: {
    order: "post",
    handler(html, { bundle }) {
      const told = Object.values(bundle ?? {}).flatMap((file) => {
        const module = file.type === "chunk" ? file.facadeModuleId : null;
        const view = /features\/(\w+)\/\1-view\.tsx$/.exec(module ?? "")?.[1];
        return view ? ` data-${view}="./${file.fileName}"` : [];
      });
      return html.replace('<script src="./start.js"', `$&${told.join("")}`);
    },
  },
};

export default defineConfig({
  // Relative, so that the same files work under any path; the server tells the page where that is.
  base: "./",
  plugins: [react(), tailwind(), toldViews],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: process.env["RUNREEL_DASHBOARD_OUT"] ?? "dist",
    emptyOutDir: true,
    target: "es2022",
    // A font or picture inside a style sheet would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        // Else each symbol that two views have is a file of its own, and a request.
        codeSplitting: {
          groups: [
            {
              name: "vendor",
              test: /[\\/]node_modules[\\/](react|react-dom|scheduler|@tanstack|openapi-fetch|use-sync-external-store)[\\/]/,
            },
            {
              name: "vendor",
              test: /[\\/]node_modules[\\/](radix-ui|@radix-ui|@floating-ui|aria-hidden|react-remove-scroll[^/]*|react-style-singleton|use-sidecar|use-callback-ref|get-nonce|tslib)[\\/]/,
            },
            {
              name: "shared",
              test: /[\\/](lucide-react[\\/]|src[\\/](api|lib|parts|ui)[\\/](?!markdown))/,
              minShareCount: 2,
            },
          ],
        },
      },
    },
  },
  worker: { format: "es" },
  server: {
    host: "127.0.0.1",
    // The server refuses writes of pages from elsewhere, so requests are sent as if the page were its own.
    proxy: {
      "^/(api|docs|openapi.json|health|ready)": {
        target: server,
        changeOrigin: true,
        headers: { origin: server },
      },
    },
  },
});
