// Starts `tunec lsp` of the active environment, and hands the editor's requests to it.
"use strict";

const { execFile } = require("node:child_process");
const { window, workspace, commands, extensions } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

/** What to start, the first of these that is there: the setting, the Python extension's interpreter, the PATH. */
async function server() {
  const path = workspace.getConfiguration("tunec").get("path");
  if (path) return { command: path, args: ["lsp"] };
  const python = await interpreter();
  if (python && (await runs(python, ["-c", "import tunec.commands.lsp"]))) {
    return { command: python, args: ["-m", "tunec", "lsp"] };
  }
  return { command: "tunec", args: ["lsp"] };
}

/** The interpreter that is chosen in the Python extension, where that is installed. */
async function interpreter() {
  const extension = extensions.getExtension("ms-python.python");
  if (!extension) return undefined;
  const { environments } = await extension.activate();
  if (!environments) return undefined;
  const chosen = environments.getActiveEnvironmentPath(workspace.workspaceFolders?.[0]?.uri);
  const environment = await environments.resolveEnvironment(chosen);
  return environment?.executable?.uri?.fsPath;
}

function runs(command, args) {
  return new Promise((resolve) => execFile(command, args, { timeout: 20000 }, (error) => resolve(!error)));
}

async function start() {
  const { command, args } = await server();
  client = new LanguageClient(
    "tunec",
    "tunec",
    { command, args },
    {
      documentSelector: [{ language: "tune" }],
      synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.tune") },
    },
  );
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    window.showErrorMessage(
      `tunec: cannot start \`${command} ${args.join(" ")}\`. Install it with \`pip install "tunec[lsp]"\` ` +
        `into the environment that is chosen, or set \`tunec.path\`. (${error.message ?? error})`,
    );
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

async function restart() {
  await stop();
  await start();
}

async function activate(context) {
  context.subscriptions.push(
    commands.registerCommand("tunec.restart", restart),
    workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("tunec.path") && restart()),
  );
  const python = extensions.getExtension("ms-python.python");
  const changed = (await python?.activate())?.environments?.onDidChangeActiveEnvironmentPath;
  if (changed) context.subscriptions.push(changed(restart));
  await start();
}

module.exports = { activate, deactivate: stop };
