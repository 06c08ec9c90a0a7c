import { withDocument, type CheckDefinition } from "./check.js";
import { expectRejection, expectThat } from "./expectations.js";
import { makePicture } from "./pictures.js";

/** Progress, questions, commands, events and the end. */
export const interactionChecks: readonly CheckDefinition[] = [
  {
    name: "runs a task with progress, and passes its value and its error on",
    run: (fixture) =>
      withDocument(fixture, makePicture(4, 4), async ({ host }) => {
        const value = await host.withProgress({ title: "Restoring" }, async ({ report, signal }) => {
          for (const fraction of [0, 0.5, 1]) report({ fraction, message: "tile" });
          report({});
          await Promise.resolve();
          return signal.aborted ? "aborted" : "done";
        });
        expectThat(value === "done", `the task's value came back as ${value}`);
        const error = new Error("the task failed");
        const caught = await host
          .withProgress({ title: "Restoring" }, () => Promise.reject(error))
          .catch((reason: unknown) => reason);
        expectThat(caught === error, "the task's error came back as another");
      }),
  },
  {
    name: "takes notifications of every level",
    run: (fixture) =>
      withDocument(fixture, makePicture(4, 4), ({ host }) => {
        for (const level of ["info", "warning", "error"] as const) host.notify({ text: `a ${level}`, level });
        host.notify({ text: "of no level" });
        return Promise.resolve();
      }),
  },
  {
    name: "refuses a question without choices, and takes one away whose signal fires",
    run: (fixture) =>
      withDocument(fixture, makePicture(4, 4), async ({ host }) => {
        await expectRejection(() => host.ask({ text: "Which?", choices: [] }), "InvalidArgument", "ask");
        const choices = [{ id: "yes", title: "Yes" }];
        const answer = await host.ask({ text: "Sure?", choices, signal: AbortSignal.abort() });
        expectThat(answer === undefined, `a question taken away was answered ${answer}`);
      }),
  },
  {
    name: "registers a command once, and again after it was taken away",
    run: (fixture) =>
      withDocument(fixture, makePicture(4, 4), async ({ host }) => {
        const command = { id: "limpid.restore", title: "Restore", run: () => undefined };
        const first = host.registerCommand(command);
        const again = async () => {
          await Promise.resolve();
          return host.registerCommand(command);
        };
        await expectRejection(again, "InvalidArgument", "a second registration");
        const item = host.registerMenuItem({ command: command.id, menu: "image", group: "1", order: 2 });
        item.dispose();
        first.dispose();
        first.dispose();
        host.registerCommand(command).dispose();
      }),
  },
  {
    name: "tells when the active layer changes",
    run: (fixture) =>
      withDocument(fixture, makePicture(4, 4), async (opened) => {
        const { host } = opened;
        expectThat(opened.changeSelection !== undefined, "the fixture changes no selection");
        let told = 0;
        const listening = host.onDidChangeSelection(() => told++);
        await opened.changeSelection();
        expectThat(told > 0, "nobody was told");
        listening.dispose();
        const before = told;
        await opened.changeSelection();
        expectThat(told === before, "told after listening ended");
      }),
  },
  {
    name: "refuses everything after disposal, which can be called twice",
    run: (fixture) =>
      withDocument(fixture, makePicture(4, 4), async ({ host }) => {
        const capture = await host.capture();
        host.dispose();
        host.dispose();
        await expectRejection(() => host.capture(), "Disposed", "capture");
        const commit = () =>
          host.commit(capture, capture.image, { mode: "replace", label: "Late", onConflict: "refuse" });
        await expectRejection(commit, "Disposed", "commit");
      }),
  },
];
