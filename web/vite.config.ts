import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const OUT = "../tensorfleet/head/web-ui";
const HEAD = process.env.TENSORFLEET_URL ?? "http://127.0.0.1:7337";

/** Compressed copies beside the assets: the head answers with them, so that it never compresses at run time. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      const folder = join(import.meta.dirname, OUT, "assets");
      for (const name of readdirSync(folder).filter((each) => /\.(js|css|svg)$/.test(each))) {
        const data = readFileSync(join(folder, name));
        writeFileSync(join(folder, `${name}.gz`), gzipSync(data, { level: 9 }));
        writeFileSync(join(folder, `${name}.br`), brotliCompressSync(data));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), compressed()],
  resolve: { alias: { "@": join(import.meta.dirname, "src") } },
  build: { outDir: OUT, emptyOutDir: true, chunkSizeWarningLimit: 1000, assetsInlineLimit: 0 },
  server: {
    proxy: Object.fromEntries(["/api", "/worker-activity", "/login", "/logout", "/health"].map((path) => [path, HEAD])),
  },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
} as Parameters<typeof defineConfig>[0]);
