/**
 * How a change becomes a version (`docs/releasing.md`): `changeset version` is run on a copy of the manifests.
 */
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "vitest"
import { root } from "./sources.ts"

const published = ["@giveway/core", "@giveway/node"]

const pending = readdirSync(join(root, ".changeset")).filter((file) => file.endsWith(".md") && file !== "README.md")

describe("changesets", () => {
  it("name packages that are published, and say something to their users", () => {
    for (const file of pending) {
      const [, head, text] = /^---\n([^]*?)\n?---\n([^]*)$/.exec(readFileSync(join(root, ".changeset", file), "utf8"))!
      const bumps = head!.split("\n").map((line) => /^["']?([^"':]+)["']?: (patch|minor|major)$/.exec(line)?.[1])
      assert.includeMembers(published, bumps as Array<string>, file)
      assert.isNotEmpty(text!.trim(), file)
    }
  })

  it("become one version of both packages, and a paragraph above the former ones", () => {
    // below the root, where the commands are found
    const copy = mkdtempSync(join(root, "node_modules", ".cache", "changesets-"))
    try {
      const workspaces = ["packages/core", "packages/node", "packages/examples", "docs/site"]
      const manifests = ["", ...workspaces].map((folder) => join(folder, "package.json"))
      for (const file of [
        ...manifests,
        "packages/core/CHANGELOG.md",
        "packages/node/CHANGELOG.md",
        ".changeset/config.json",
        ".oxfmtrc.json"
      ]) {
        mkdirSync(dirname(join(copy, file)), { recursive: true })
        cpSync(join(root, file), join(copy, file))
      }
      writeFileSync(join(copy, "package-lock.json"), "{}")
      writeFileSync(join(copy, ".changeset", "new.md"), '---\n"@giveway/core": minor\n---\n\nTasks can fly.\n')
      const git = (...args: ReadonlyArray<string>) =>
        execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
          cwd: copy,
          stdio: "pipe"
        })
      git("init", "--initial-branch", "main")
      git("add", ".")
      git("commit", "--no-gpg-sign", "-m", "a change")
      execFileSync(process.execPath, [join(root, "node_modules", "@changesets", "cli", "bin.js"), "version"], {
        cwd: copy,
        stdio: "pipe"
      })

      const read = (folder: string) => JSON.parse(readFileSync(join(copy, folder, "package.json"), "utf8"))
      const [core, node, examples] = [read("packages/core"), read("packages/node"), read("packages/examples")]
      assert.strictEqual(core.version, "0.2.0")
      assert.strictEqual(node.version, "0.2.0")
      assert.strictEqual(node.dependencies["@giveway/core"], "0.2.0")
      assert.strictEqual(examples.dependencies["@giveway/node"], "0.2.0")
      assert.match(
        readFileSync(join(copy, "packages/core/CHANGELOG.md"), "utf8"),
        /^# @giveway\/core\n\n## 0\.2\.0\n[^]*Tasks can fly\.[^]*\n## 0\.1\.0\n/
      )
    } finally {
      rmSync(copy, { recursive: true, force: true })
    }
  })
})
